{#- Text in lower case, the same on all engines. -#}
{% macro lowercase(text) %}
    {{- return(adapter.dispatch("lowercase", "retention")(text)) -}}
{% endmacro %}


{% macro default__lowercase(text) -%}
    lower({{ text }})
{%- endmacro %}


{#- Java lower-cases two capitals by context, with an extra dot and a final sigma, unlike other engines. -#}
{% macro spark__lowercase(text) -%}
    lower(translate({{ text }}, 'İΣ', 'iσ'))
{%- endmacro %}
