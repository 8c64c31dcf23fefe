{#- The number of a date's period at a grain: weeks, months, quarters or years since that of 1900-01-01, a Monday, or since
    the respective start for other weeks and fiscal years. Integers are grouped and compared many times faster than the
    first days of periods; int_retention__periods has both. -#}
{% macro period_number(grain, date) -%}
    {%- if grain == "week" -%}
    {%- set shift = retention.days_before_monday() -%}
    {{- retention.weeks_since_1900(retention.add_days(shift, date) if shift else date) -}}
    {%- elif grain == "year" -%}
    cast(extract(year from {{ retention.in_calendar_year(date) }}) as integer) - 1900
    {%- else -%}
    {%- set date = retention.in_calendar_year(date) if grain == "quarter" else date -%}
    {%- set per_year = {"month": 12, "quarter": 4}[grain] -%}
    {{ per_year }} * (cast(extract(year from {{ date }}) as integer) - 1900) + cast(extract({{ grain }} from {{ date }}) as integer) - 1
    {%- endif -%}
{%- endmacro %}


{% macro weeks_since_1900(date) %}
    {{- return(adapter.dispatch("weeks_since_1900", "retention")(date)) -}}
{% endmacro %}


{% macro default__weeks_since_1900(date) -%}
    cast(floor({{ retention.days_between("cast('1900-01-01' as date)", date) }} / 7.0) as integer)
{%- endmacro %}


{% macro duckdb__weeks_since_1900(date) -%}
    cast((({{ date }} - date '1900-01-01') // 7) as integer)
{%- endmacro %}
