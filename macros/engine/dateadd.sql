{#- A date moved by days, weeks, months, quarters or years. dbt-spark's own macro converts to timestamps, in a dozen
    lines per date, and misreads a sum as the `interval`. -#}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {%- if datepart in ["day", "week"] -%}
    date_add({{ from_date_or_timestamp }}, cast({{ {"day": 1, "week": 7}[datepart] }} * ({{ interval }}) as int))
    {%- else -%}
    add_months({{ from_date_or_timestamp }}, cast({{ {"month": 1, "quarter": 3, "year": 12}[datepart] }} * ({{ interval }}) as int))
    {%- endif -%}
{%- endmacro %}
