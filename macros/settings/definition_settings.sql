{#- The settings that decide what the figures mean, as one text. Figures that differ under other settings
    are not the same figures. -#}
{% macro definition_settings() %}
    {% set statuses = retention.list_setting("excluded_statuses") | map("lower") | unique | sort | join(", ") %}
    {% set settings = {
        "orders": "demo shop" if retention.uses_demo_shop() else "own",
        "source_format": var("source_format"),
        "activity_window_days": var("activity_window_days"),
        "reporting_timezone": var("reporting_timezone"),
        "reporting_currency": var("reporting_currency"),
        "excluded_statuses": statuses,
        "refund_dating": var("refund_dating"),
        "customer_identity": var("customer_identity"),
    } %}
    {% set texts = [] %}
    {% for name, value in settings.items() %}
        {% do texts.append(name ~ ": " ~ value) %}
    {% endfor %}
    {{ return(texts | join("; ")) }}
{% endmacro %}
