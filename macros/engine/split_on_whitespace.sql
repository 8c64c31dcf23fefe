{#- Text as an array of its words. -#}
{% macro split_on_whitespace(text) -%}
    {{- return(adapter.dispatch("split_on_whitespace", "retention")(text)) -}}
{%- endmacro %}


{% macro duckdb__split_on_whitespace(text) -%}
    string_split_regex({{ text }}, '\s+')
{%- endmacro %}
