{#- Text that sorts by code point and changes case in all languages, whatever the database's default.
    Everything derived from it has the same collation, in every downstream model. -#}
{% macro collated(text) %}
    {{- return(adapter.dispatch("collated", "retention")(text)) -}}
{% endmacro %}


{% macro default__collated(text) -%}
    {{ text }}
{%- endmacro %}


{% macro postgres__collated(text) -%}
    {{ text }} collate pg_c_utf8
{%- endmacro %}


{#- dbt uses PostgreSQL's macros for Redshift, unless Redshift has its own. -#}
{% macro redshift__collated(text) -%}
    {{ text }}
{%- endmacro %}
