{#- z = t / (alpha + T + t), the variable of the series of `expected_purchases_if_alive`: how long the
    horizon t is beside the time a customer has been known, both in weeks. -#}
{% macro horizon_share(age_weeks, horizon_weeks, fit="bg_nbd") -%}
    {{ horizon_weeks }} / ({{ fit }}.alpha + {{ age_weeks }} + {{ horizon_weeks }})
{%- endmacro %}
