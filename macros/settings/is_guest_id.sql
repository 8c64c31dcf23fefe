{#- Whether a customer id does not identify a person (`guest_customer_ids`, `unidentified_values`). -#}
{% macro is_guest_id(customer_id) -%}
    lower({{ customer_id }}) in (
            {%- for guest_id in retention.list_setting("guest_customer_ids") + retention.list_setting("unidentified_values") %}
            {{ retention.text_literal(guest_id | lower) }}{{ "," if not loop.last }}
            {%- else %}
            ''
            {%- endfor %}
        )
{%- endmacro %}
