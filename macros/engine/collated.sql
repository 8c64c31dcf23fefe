{#- Text that is sorted by code point, and whose capitals are those of all languages, whatever the database
    does by default. What is made of it has the same collation, in every model that follows. -#}
{% macro collated(text) %}
    {{- return(adapter.dispatch("collated", "retention")(text)) -}}
{% endmacro %}


{% macro default__collated(text) -%}
    {{ text }}
{%- endmacro %}


{% macro postgres__collated(text) -%}
    {{ text }} collate pg_c_utf8
{%- endmacro %}


{#- dbt takes PostgreSQL's macros for Redshift, unless it has its own. -#}
{% macro redshift__collated(text) -%}
    {{ text }}
{%- endmacro %}
