{#- How many days the second of two dates is after the first. -#}
{% macro days_between(first, second) %}
    {{- return(adapter.dispatch("days_between", "retention")(first, second)) -}}
{% endmacro %}


{% macro default__days_between(first, second) -%}
    {{ dbt.datediff(first, second, "day") }}
{%- endmacro %}


{#- dbt's own way goes by way of timestamps, in nine times the time. -#}
{% macro duckdb__days_between(first, second) -%}
    ({{ second }} - {{ first }})
{%- endmacro %}
