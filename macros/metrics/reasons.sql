{#- All texts whose conditions hold, joined into one; NULL where none does. `texts` maps text to condition. -#}
{% macro reasons(texts) -%}
    nullif(
            concat_ws(
                '; ',
                {%- for text, condition in texts.items() %}
                case when {{ condition }} then {{ retention.text_literal(text) }} end{{ "," if not loop.last }}
                {%- endfor %}
            ),
            ''
        )
{%- endmacro %}
