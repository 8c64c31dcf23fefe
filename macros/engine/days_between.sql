{#- Number of days from the first date to the second. -#}
{% macro days_between(first, second) %}
    {{- return(adapter.dispatch("days_between", "retention")(first, second)) -}}
{% endmacro %}


{% macro default__days_between(first, second) -%}
    {{ dbt.datediff(first, second, "day") }}
{%- endmacro %}


{#- dbt's own macro converts to timestamps and takes nine times as long. -#}
{% macro duckdb__days_between(first, second) -%}
    ({{ second }} - {{ first }})
{%- endmacro %}
