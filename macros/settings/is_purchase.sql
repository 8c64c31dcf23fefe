{#- Whether an order with a status counts as a purchase. One without a status does; one with an unknown status does if
    the setting unknown_statuses says so. -#}
{% macro is_purchase(status) -%}
    coalesce(
            {%- if var("unknown_statuses") == "no_purchase" %}
            {{ retention.has_status(status, "purchase_statuses") }} and
            {%- endif %}
            not {{ retention.has_status(status, "excluded_statuses") }},
            true
        )
{%- endmacro %}


{#- How orders with a status are treated, in words. -#}
{% macro treatment_of_status(status) -%}
    case
            when {{ status }} is null then 'purchase'
            when {{ retention.has_status(status, "excluded_statuses") }} then 'no purchase'
            when {{ retention.has_status(status, "purchase_statuses") }} then 'purchase'
            else 'unknown, taken as {{ "a purchase" if var("unknown_statuses") == "purchase" else "no purchase" }}'
        end
{%- endmacro %}


{#- A condition: is a status, in lower case, in a setting's list? -#}
{% macro has_status(status, setting) -%}
    {{ retention.is_one_of(status, retention.list_setting(setting)) }}
{%- endmacro %}


{#- A condition: is a status, in lower case, one of a list, in any spelling? -#}
{% macro is_one_of(status, statuses) -%}
    {{ status }} in (
                {%- for spelling in retention.spellings(statuses) %}
                {{ retention.text_literal(spelling) }},
                {%- endfor %}
                ''
            )
{%- endmacro %}


{#- Statuses in all spellings that systems use: pending_payment, pending payment, wc-pending-payment. -#}
{% macro spellings(statuses) %}
    {% set found = [] %}
    {% for status in statuses %}
        {% set plain = modules.re.sub("^wc[-_]", "", status | lower | trim) %}
        {% for prefix in ["", "wc-", "wc_"] %}
            {% for spelling in [plain, plain | replace(" ", "-") | replace("_", "-"), plain | replace(" ", "_") | replace("-", "_"), plain | replace("_", " ") | replace("-", " ")] %}
                {% do found.append(prefix ~ spelling) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {{ return(found | unique | list) }}
{% endmacro %}
