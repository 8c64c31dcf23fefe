{#- Probability that a customer who is alive buys within a horizon of t weeks: 1 - ((alpha + T) / (alpha + T + t)) ^ (r + x).

    While alive a customer buys at a rate whose distribution, after x repeat purchases in T weeks, is Gamma with shape r + x
    and rate alpha + T; the formula is 1 - its mean of exp(-rate * t). Dropout plays no role, as it can only follow the
    purchase in question. Computed in logarithms so that no x overflows.

    The arguments are columns or literals, in weeks; `fit` names a relation in scope with the columns r, alpha. -#}
{% macro probability_of_purchase_if_alive(repeat_purchases, age_weeks, horizon_weeks, fit="clv_model") -%}
    1 - {{ retention.bounded_exponential(
        "-(" ~ fit ~ ".r + " ~ repeat_purchases ~ ") * ln(1 + " ~ horizon_weeks
        ~ " / (" ~ fit ~ ".alpha + " ~ age_weeks ~ "))"
    ) }}
{%- endmacro %}


{#- Median weeks until the next purchase of a customer who is alive: (alpha + T) * (2 ^ (1 / (r + x)) - 1), at which the
    probability above is one half. Capped at e^50 times alpha + T, beyond any horizon, as it overflows for x = 0 and small r. -#}
{% macro median_wait_if_alive(repeat_purchases, age_weeks, fit="clv_model") -%}
    ({{ fit }}.alpha + {{ age_weeks }}) * (
        exp(least(50, ln(cast(2 as {{ retention.type_double() }})) / ({{ fit }}.r + {{ repeat_purchases }}))) - 1
    )
{%- endmacro %}
