{#- Text as a number with as many decimal places as are asked for, NULL where it is none. -#}
{% macro parse_decimal(text, precision=18, scale=4) %}
    {{- return(retention.parse_number(text, "decimal(" ~ precision ~ ", " ~ scale ~ ")")) -}}
{% endmacro %}
