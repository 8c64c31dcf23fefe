{#- Tells the engine to compute a step once, between `as` and its parenthesis. Left to themselves, planners
    fold long chains of steps into one query, in time that doubles with every step. -#}
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
