{#- The text at a path in a JSON column, NULL where there is none. -#}
{% macro json_text(column, path) %}
    {{- return(adapter.dispatch("json_text", "retention")(column, path)) -}}
{% endmacro %}


{% macro default__json_text(column, path) -%}
    json_extract_string(cast({{ column }} as json), '$.{{ path | join(".") }}')
{%- endmacro %}


{% macro postgres__json_text(column, path) -%}
    cast({{ column }} as jsonb) #>> '{{ "{" ~ path | join(",") ~ "}" }}'
{%- endmacro %}


{% macro spark__json_text(column, path) -%}
    get_json_object(cast({{ column }} as string), '$.{{ path | join(".") }}')
{%- endmacro %}
