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


{#- Tells the engine to compute a step wherever it is named, so that each use takes only the rows and columns it
    needs of a large one, and nothing of it is kept in between. -#}
{% macro not_materialized() -%}
    {{- return(adapter.dispatch("not_materialized", "retention")()) -}}
{%- endmacro %}


{% macro default__not_materialized() -%}
{%- endmacro %}


{% macro duckdb__not_materialized() -%}
    not materialized
{%- endmacro %}
