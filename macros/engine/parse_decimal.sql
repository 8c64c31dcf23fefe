{#- Text as a number with as many decimal places as are asked for, NULL where it is none. -#}
{% macro parse_decimal(text, precision=18, scale=4) %}
    {{- return(adapter.dispatch("parse_decimal", "retention")(text, precision, scale)) -}}
{% endmacro %}


{% macro default__parse_decimal(text, precision, scale) -%}
    try_cast({{ text }} as decimal({{ precision }}, {{ scale }}))
{%- endmacro %}
