{#- Whether a text is in a list, regardless of capitalisation; false for NULL. -#}
{% macro is_listed(column, values) -%}
    coalesce(
            upper({{ column }}) in (
                {%- for value in values %}{{ retention.text_literal(value | string | upper) }}, {% endfor -%}
                ''
            ),
            false
        )
{%- endmacro %}
