{#- Text as a number with decimal places enough for quantities and unit prices, NULL where it is none. -#}
{% macro parse_decimal(text) %}
    {{- return(retention.parse_number(text, "decimal(18, 4)")) -}}
{% endmacro %}
