{#- Text as a number, NULL where it is none. -#}
{% macro parse_number(text) %}
    {{- return(adapter.dispatch("parse_number", "retention")(text)) -}}
{% endmacro %}


{% macro default__parse_number(text) -%}
    try_cast({{ text }} as double)
{%- endmacro %}
