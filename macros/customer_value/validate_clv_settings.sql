{#- Stops the run before any model is built when a setting of the predicted CLV is invalid. Each message names the
    setting and says what to do. -#}
{% macro validate_clv_settings() %}
    {% do retention.validate_whole_number("clv_horizon_days", 1, 36500) %}
    {% do retention.validate_whole_number("purchase_probability_days", 1, 36500) %}
    {% do retention.validate_whole_number("clv_minimum_customers", 1, 1000000000) %}

    {% set rate = var("clv_discount_rate_annual") | string | trim %}
    {% if not modules.re.match("^[0-9]+([.][0-9]+)?$", rate) or rate | float > 10 %}
        {% do exceptions.raise_compiler_error(
            "clv_discount_rate_annual: '" ~ rate ~ "' is not a fraction from 0 to 10, such as 0.1 for 10 % a year"
        ) %}
    {% endif %}

    {% do retention.clv_parameters() %}
{% endmacro %}
