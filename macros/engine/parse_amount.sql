{#- Text as money, NULL where it is no number. -#}
{% macro parse_amount(text) %}
    {{- return(adapter.dispatch("parse_amount", "retention")(text)) -}}
{% endmacro %}


{% macro default__parse_amount(text) -%}
    try_cast({{ text }} as decimal(18, 2))
{%- endmacro %}
