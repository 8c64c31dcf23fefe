{#- E[M | x, mean value] of Gamma-Gamma: the expected value of a customer's average purchase.

    p * (v + x * mean value) / (p * x + q - 1), equation (5) of Fader & Hardie (2013): the mean of all
    customers, p * v / (q - 1), and the customer's own mean value, weighted by x. With x = 0 it is the
    mean of all customers. A mean value that is not positive counts as 0.

    The arguments are columns or literals; `fit` names a relation in scope with columns p, q, v. -#}
{% macro expected_order_value(repeat_purchases, mean_repeat_purchase_value, fit="clv_model") -%}
    {{ fit }}.p * (
        {{ fit }}.v + {{ repeat_purchases }} * greatest(0, coalesce({{ mean_repeat_purchase_value }}, 0))
    ) / ({{ fit }}.p * {{ repeat_purchases }} + {{ fit }}.q - 1)
{%- endmacro %}
