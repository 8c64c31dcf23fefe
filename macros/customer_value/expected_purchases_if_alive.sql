{#- E[Y(t) | x, T, alive] of BG/NBD: purchases expected over a horizon from a customer who is alive.

    Equation (10) of Fader, Hardie & Lee (2005) divides by a - 1 and overflows for large x. Euler's
    transformation of its hypergeometric function, the leading 1 of the series taken out, leaves with
    u = 1 - z (z from `horizon_share`)

        (a + b + x - 1) * (1 - u^(a - 1)) / (a - 1)  -  u^(a - 1) * sum over n >= 1 of t_n,
        t_1 = d * z,  t_(n+1) / t_n = z * (d + n) * (a + n - 1) / ((a + b + x + n - 1) * (n + 1)),

    d = a + b - 1 - r: every part is finite for every x, and a = 1 is an ordinary point. The sum is
    nested (Horner), innermost term first, and closed by the geometric series its terms approach.

    Error, relative, with the default number of terms, for r and a up to 4 and b up to 10: below 1e-10
    for z <= 0.9 (a horizon nine times alpha + T), below 1e-6 for z <= 0.93; for parameters such as
    those of CDNOW below 1e-10 for z <= 0.93 and 1e-6 for z <= 0.97. A larger x converges faster.

    The arguments are columns or literals; `horizon_share` must be a column, as it is repeated in every
    term. `fit` names a relation in scope with the columns r, a, b. -#}
{% macro expected_purchases_if_alive(repeat_purchases, horizon_share, fit="bg_nbd", terms=200) -%}
    {%- set z, a = horizon_share, fit ~ ".a" -%}
    {%- set d = "(" ~ a ~ " + " ~ fit ~ ".b - 1 - " ~ fit ~ ".r)" -%}
    {%- set c = "(" ~ a ~ " + " ~ fit ~ ".b + " ~ repeat_purchases ~ ")" -%}
    {%- set log_rest = "ln(1 - " ~ z ~ ")" -%}
    {%- set power = "((" ~ a ~ " - 1) * " ~ log_rest ~ ")" -%}
    {%- set ratios = [] -%}
    {%- for n in range(1, terms + 1) -%}
        {%- do ratios.append(
            z ~ " * (" ~ d ~ " + " ~ n ~ ") * (" ~ a ~ " + " ~ (n - 1) ~ ")"
            ~ " / ((" ~ c ~ " + " ~ (n - 1) ~ ") * " ~ (n + 1) ~ ")"
        ) -%}
    {%- endfor -%}
    greatest(
        0,
        ({{ c }} - 1) * -{{ log_rest }}
        {#- (e^power - 1) / power, by its Taylor series where the difference would cancel. #}
        * case
            when abs({{ power }}) < 1e-3
                then 1 + {{ power }} / 2 * (1 + {{ power }} / 3 * (1 + {{ power }} / 4 * (1 + {{ power }} / 5)))
            else ({{ retention.bounded_exponential(power) }} - 1) / {{ power }}
        end
        - {{ retention.bounded_exponential(power) }} * {{ z }} * {{ d }} * (
            {% for ratio in ratios[:-1] -%}
            1 + {{ ratio }} * (
            {% endfor -%}
            1 / (1 - {{ ratios[-1] }})
            {{ ")" * (terms - 1) }}
        )
    )
{%- endmacro %}
