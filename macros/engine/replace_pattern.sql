{#- Text with what a regular expression finds replaced, once or everywhere; `\1` is its first group. -#}
{% macro replace_pattern(text, pattern, replacement, everywhere=false) %}
    {{- return(adapter.dispatch("replace_pattern", "retention")(
        text, retention.text_literal(pattern), retention.text_literal(replacement), everywhere
    )) -}}
{% endmacro %}


{% macro default__replace_pattern(text, pattern, replacement, everywhere) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ replacement }}{{ ", 'g'" if everywhere }})
{%- endmacro %}
