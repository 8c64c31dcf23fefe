{#- E[Y(t) | x, T, alive] of BG/NBD: the expected purchases over a horizon of t weeks of a customer who is
    alive, by equation (10) of Fader, Hardie & Lee (2005). With z = t / (alpha + T + t),

        E = factor * C / B * (1 - (1 - z)^B * 2F1(A, B; C; z)),  C = a + b + x - 1,

        A = b + x,          B = r + x,  factor = (r + x) / (a - 1)   where a > 1 + r + x (as published),
        A = a + b - 1 - r,  B = a - 1,  factor = 1                   else (after Euler's transformation).

    Each is used where its series converges faster; the published one alone overflows for large x and is
    singular at a = 1. With the leading 1 of 2F1 = 1 + A * B / C * z * (...) taken out,

        E = factor * (C * (1 - (1 - z)^B) / B - (1 - z)^B * A * z * (1 + q_1 * (1 + q_2 * (1 + ...)))),
        q_n = z * (A + n) * (B + n) / ((C + n) * (n + 1)),

    has no singular point at all, not even at B = 0 or C = 0. The nested sum (Horner) ends in the geometric
    series that its terms approach.

    Relative error with the default number of terms, for r and a up to 4, b up to 10 and any x: below 1e-11
    for z <= 0.9 (a horizon of up to nine times alpha + T), 1e-9 for z <= 0.93, 1e-7 for z <= 0.95, 1e-4 for
    z <= 0.97. It falls with x, so what remains concerns new customers of shops with a small alpha.

    The arguments are the columns of `purchase_series_columns` and the sum that `with_purchase_series` adds. -#}
{% macro expected_purchases_if_alive() -%}
    {%- set exponent = "(series_b * ln(1 - series_z))" -%}
    greatest(
        0,
        series_factor * (
            -series_c * ln(1 - series_z)
            {#- (exp(exponent) - 1) / exponent, by its Taylor series where the difference would cancel. #}
            * case
                when abs({{ exponent }}) < 1e-3
                    then 1 + {{ exponent }} / 2 * (
                        1 + {{ exponent }} / 3 * (1 + {{ exponent }} / 4 * (1 + {{ exponent }} / 5))
                    )
                else ({{ retention.bounded_exponential(exponent) }} - 1) / {{ exponent }}
            end
            - {{ retention.bounded_exponential(exponent) }} * series_a * series_z * series_from_1
        )
    )
{%- endmacro %}


{#- A relation with the columns of `purchase_series_columns`, and one more, series_from_1: the nested sum of the formula
    above. It is summed from its end, some terms at a time, as the time that engines take to plan an expression grows with
    the square of its depth. -#}
{% macro with_purchase_series(relation, terms=200, terms_at_a_time=20) -%}
    {%- for first in range(1, terms, terms_at_a_time) %}
    {%- set after = [first + terms_at_a_time, terms] | min %}
    (
        select
            *,
            {%- for n in range(first, after) %}
            1 + series_z * (series_a + {{ n }}) * (series_b + {{ n }}) / ((series_c + {{ n }}) * {{ n + 1 }}) * (
            {%- endfor %}
            series_from_{{ after }}
            {{ ")" * (after - first) }} as series_from_{{ first }}
        from
    {%- endfor %}
    (
        select
            *,
            1 / (
                1 - series_z * (series_a + {{ terms }}) * (series_b + {{ terms }})
                / ((series_c + {{ terms }}) * {{ terms + 1 }})
            ) as series_from_{{ terms }}
        from {{ relation }}
    ) as summed_from_{{ terms }}
    {%- for first in range(1, terms, terms_at_a_time) | reverse %}
    ) as summed_from_{{ first }}
    {%- endfor %}
{%- endmacro %}


{#- The columns of `expected_purchases_if_alive`: A, B, C, z and the factor of its formula. The arguments are
    columns or literals, in weeks; `fit` names a relation in scope with the columns r, alpha, a, b and first_dropout. A
    customer of MBG/NBD has survived one chance of dropping out more than one of BG/NBD, which is b + 1 in place of b. -#}
{% macro purchase_series_columns(repeat_purchases, age_weeks, horizon_weeks, fit="clv_model") -%}
    {%- set b = "(" ~ fit ~ ".b + 1 - " ~ fit ~ ".first_dropout)" -%}
    {%- set as_published = fit ~ ".a > 1 + " ~ fit ~ ".r + " ~ repeat_purchases -%}
    case
        when {{ as_published }} then {{ b }} + {{ repeat_purchases }}
        else {{ fit }}.a + {{ b }} - 1 - {{ fit }}.r
    end as series_a,
    case
        when {{ as_published }} then {{ fit }}.r + {{ repeat_purchases }}
        else {{ fit }}.a - 1
    end as series_b,
    {{ fit }}.a + {{ b }} + {{ repeat_purchases }} - 1 as series_c,
    {{ horizon_weeks }} / ({{ fit }}.alpha + {{ age_weeks }} + {{ horizon_weeks }}) as series_z,
    case
        when {{ as_published }} then ({{ fit }}.r + {{ repeat_purchases }}) / ({{ fit }}.a - 1)
        else 1
    end as series_factor
{%- endmacro %}
