{#- Text as money, NULL where it is no number or could be two. -#}
{% macro parse_amount(text) %}
    {{- return(retention.parse_number(text, "decimal(18, 2)")) -}}
{% endmacro %}
