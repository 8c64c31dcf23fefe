{#- Text as a number with decimal places enough for quantities and unit prices, NULL where it is none. -#}
{% macro parse_decimal(text) %}
    {{- return(adapter.dispatch("parse_decimal", "retention")(text)) -}}
{% endmacro %}


{% macro default__parse_decimal(text) -%}
    try_cast({{ text }} as decimal(18, 4))
{%- endmacro %}
