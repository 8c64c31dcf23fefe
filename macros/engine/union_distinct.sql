{#- Goes between two queries: the rows of both, each once. -#}
{% macro union_distinct() -%}
    {{- return(adapter.dispatch("union_distinct", "retention")()) -}}
{%- endmacro %}


{% macro default__union_distinct() -%}
    union
{%- endmacro %}


{% macro bigquery__union_distinct() -%}
    union distinct
{%- endmacro %}


{% macro clickhouse__union_distinct() -%}
    union distinct
{%- endmacro %}
