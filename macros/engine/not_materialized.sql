{#- Between `as` and the query of a CTE that many others read: a large relation is read again rather than kept. -#}
{% macro not_materialized() -%}
    {{- return(adapter.dispatch("not_materialized", "retention")()) -}}
{%- endmacro %}


{% macro default__not_materialized() -%}
{%- endmacro %}


{% macro duckdb__not_materialized() -%}
    not materialized
{%- endmacro %}


{% macro postgres__not_materialized() -%}
    not materialized
{%- endmacro %}


{% macro redshift__not_materialized() -%}
{%- endmacro %}
