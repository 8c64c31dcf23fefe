{#- A date so many days later. -#}
{% macro add_days(days, date) %}
    {{- return(adapter.dispatch("add_days", "retention")(days, date)) -}}
{% endmacro %}


{% macro default__add_days(days, date) -%}
    cast({{ dbt.dateadd("day", days, date) }} as date)
{%- endmacro %}


{#- Adding an interval would go by way of a timestamp, in four times the time. -#}
{% macro duckdb__add_days(days, date) -%}
    ({{ date }} + {{ days }})
{%- endmacro %}
