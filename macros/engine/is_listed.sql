{#- Whether a text is one of a list, in any capitalisation; false for NULL. -#}
{% macro is_listed(column, values) -%}
    coalesce(
            upper({{ column }}) in (
                {%- for value in values %}{{ retention.text_literal(value | string | upper) }}, {% endfor -%}
                ''
            ),
            false
        )
{%- endmacro %}
