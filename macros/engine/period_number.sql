{#- Which period of a grain a date lies in, counted from 1900-01-01, a Monday. Whole numbers are grouped and
    compared many times faster than the first days of periods. -#}
{% macro period_number(grain, date) -%}
    {%- if grain == "week" -%}
    {{- retention.weeks_since_1900(date) -}}
    {%- elif grain == "year" -%}
    cast(extract(year from {{ date }}) as integer) - 1900
    {%- else -%}
    {%- set per_year = {"month": 12, "quarter": 4}[grain] -%}
    {{ per_year }} * (cast(extract(year from {{ date }}) as integer) - 1900) + cast(extract({{ grain }} from {{ date }}) as integer) - 1
    {%- endif -%}
{%- endmacro %}


{#- The first day of the period with a number. -#}
{% macro period_of_number(grain, number) -%}
    {{ retention.add_periods(grain, number, "cast('1900-01-01' as date)") }}
{%- endmacro %}


{% macro weeks_since_1900(date) %}
    {{- return(adapter.dispatch("weeks_since_1900", "retention")(date)) -}}
{% endmacro %}


{% macro default__weeks_since_1900(date) -%}
    cast(floor({{ dbt.datediff("cast('1900-01-01' as date)", date, "day") }} / 7.0) as integer)
{%- endmacro %}


{% macro duckdb__weeks_since_1900(date) -%}
    (({{ date }} - date '1900-01-01') // 7)
{%- endmacro %}
