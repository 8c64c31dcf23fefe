{#- Stops the run before any model is built when a setting of the predicted CLV makes no sense. Each message
    names the setting and the mend. -#}
{% macro validate_clv_settings() %}
    {% set bounds = {"clv_horizon_days": [1, 36500], "clv_minimum_customers": [1, 1000000000]} %}
    {% for setting, (lowest, highest) in bounds.items() %}
        {% set value = var(setting) | string | trim %}
        {% if not (value.isdigit() and lowest <= value | int <= highest) %}
            {% do exceptions.raise_compiler_error(
                setting ~ ": '" ~ value ~ "' is not a whole number from " ~ lowest ~ " to " ~ highest
            ) %}
        {% endif %}
    {% endfor %}

    {% set rate = var("clv_discount_rate_annual") | string | trim %}
    {% if not modules.re.match("^[0-9]+([.][0-9]+)?$", rate) or rate | float > 10 %}
        {% do exceptions.raise_compiler_error(
            "clv_discount_rate_annual: '" ~ rate ~ "' is not a fraction from 0 to 10, such as 0.1 for 10 % a year"
        ) %}
    {% endif %}

    {% do retention.clv_parameters() %}
{% endmacro %}
