{#- A name, quoted as an identifier so that it cannot be read as anything else. -#}
{% macro quoted(name) %}
    {% set quote = adapter.quote("x")[0] %}
    {{ return(quote ~ name | replace(quote, quote ~ quote) ~ quote) }}
{% endmacro %}


{#- A value, quoted as a text literal so that it cannot be read as anything else. -#}
{% macro text_literal(value) %}
    {{- return(adapter.dispatch("text_literal", "retention")(value | string)) -}}
{% endmacro %}


{% macro default__text_literal(value) %}
    {{- return("'" ~ dbt.escape_single_quotes(value) ~ "'") -}}
{% endmacro %}


{#- A backslash starts an escape there. -#}
{% macro spark__text_literal(value) %}
    {{- return("'" ~ dbt.escape_single_quotes(value | replace("\\", "\\\\")) ~ "'") -}}
{% endmacro %}
