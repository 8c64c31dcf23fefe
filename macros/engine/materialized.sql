{#- Tells the engine to compute a common table expression once; goes between `as` and the parenthesis.
    Otherwise planners fold long chains of them into one query, in time that doubles with each one. -#}
{% macro materialized() -%}
    {{- return(adapter.dispatch("materialized", "retention")()) -}}
{%- endmacro %}


{% macro default__materialized() -%}
{%- endmacro %}


{% macro duckdb__materialized() -%}
    materialized
{%- endmacro %}


{% macro postgres__materialized() -%}
    materialized
{%- endmacro %}


{% macro redshift__materialized() -%}
{%- endmacro %}
