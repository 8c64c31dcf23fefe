{#- Does an order of a status count? One without a status does. -#}
{% macro is_purchase(status) -%}
    coalesce(
            {{ status }} not in (
                {%- for excluded in retention.list_setting("excluded_statuses") %}
                {{ retention.text_literal(excluded | lower) }},
                {%- endfor %}
                ''
            ),
            true
        )
{%- endmacro %}
