{#- Whether a regular expression is found in a text. Patterns are written in what all engines understand:
    no classes but those in brackets, special characters in brackets rather than after a backslash. -#}
{% macro matches_pattern(text, pattern) %}
    {{- return(adapter.dispatch("matches_pattern", "retention")(text, retention.text_literal(pattern))) -}}
{% endmacro %}


{% macro default__matches_pattern(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}


{% macro postgres__matches_pattern(text, pattern) -%}
    {{ text }} ~ {{ pattern }}
{%- endmacro %}
