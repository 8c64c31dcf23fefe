{#- P(alive | x, t_x, T): the probability that a customer has not dropped out by now.

    BG/NBD: P(alive) = 1 / (1 + a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ^ (r + x)) for x > 0, else 1: dropout
    follows a repeat purchase, so a customer without one cannot have dropped out. From equation (10) of Fader, Hardie &
    Lee (2005). MBG/NBD: the same with b + x in place of b + x - 1, also for x = 0: dropout can follow the first
    purchase (Batislam, Denizel & Filiztekin 2007). Computed in logarithms so that no x overflows.

    The arguments are columns or literals, weeks for recency (t_x) and age (T); `fit` names a relation in scope with the
    columns r, alpha, a, b and first_dropout (1 in BG/NBD, 0 in MBG/NBD). -#}
{% macro probability_alive(repeat_purchases, recency_weeks, age_weeks, fit="clv_model") -%}
    {%- set log_odds_of_dropout %}
            ln({{ fit }}.a) - ln({{ fit }}.b + {{ repeat_purchases }} - {{ fit }}.first_dropout)
            + ({{ fit }}.r + {{ repeat_purchases }})
            * ln(({{ fit }}.alpha + {{ age_weeks }}) / ({{ fit }}.alpha + {{ recency_weeks }}))
    {%- endset -%}
    case
        when {{ repeat_purchases }} >= {{ fit }}.first_dropout
            then 1 / (1 + {{ retention.bounded_exponential(log_odds_of_dropout) }}
            )
        else 1
    end
{%- endmacro %}
