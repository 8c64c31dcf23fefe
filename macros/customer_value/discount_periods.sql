{#- The periods in which the horizon of the predicted CLV is discounted: a list of the last day and the
    discount factor of each.

    A purchase is discounted to the as-of date as if made in the middle of its period, at the annual
    rate: factor = (1 + rate) ^ -(middle day / 365). The periods are of equal length, at most 30 days.
    Without a rate the whole horizon is one period of factor 1, so discounting has no effect. -#}
{% macro discount_periods() %}
    {% set horizon = var("clv_horizon_days") | int %}
    {% set rate = var("clv_discount_rate_annual") | float %}
    {% if rate == 0 %}
        {{ return([{"end_day": horizon, "discount_factor": 1}]) }}
    {% endif %}
    {% set number = (horizon / 30) | round(0, "ceil") | int %}
    {% set periods = [] %}
    {% for period in range(1, number + 1) %}
        {% do periods.append({
            "end_day": horizon * period / number,
            "discount_factor": (1 + rate) ** (-horizon * (period - 0.5) / number / 365),
        }) %}
    {% endfor %}
    {{ return(periods) }}
{% endmacro %}
