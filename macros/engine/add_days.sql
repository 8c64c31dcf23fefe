{#- A date plus a number of days. -#}
{% macro add_days(days, date) %}
    {{- return(adapter.dispatch("add_days", "retention")(days, date)) -}}
{% endmacro %}


{% macro default__add_days(days, date) -%}
    cast({{ dbt.dateadd("day", days, date) }} as date)
{%- endmacro %}


{#- Adding an interval would convert to a timestamp and take four times as
    long. -#}
{% macro duckdb__add_days(days, date) -%}
    ({{ date }} + {{ days }})
{%- endmacro %}
