{#- The day on which the data begin: the setting, else the date of the first order. Expects
    `reporting_dates` (int_retention__reporting_dates). -#}
{% macro history_starts_on() -%}
    {%- if var("history_starts_on") -%}
        cast({{ retention.text_literal(var("history_starts_on")) }} as date)
    {%- else -%}
        reporting_dates.first_order_date
    {%- endif -%}
{%- endmacro %}
