{#- exp(x), held between 1e-304 and 1e304: some engines stop at an overflow or underflow. -#}
{% macro bounded_exponential(x) -%}
    exp(greatest(-700, least(700, {{ x }})))
{%- endmacro %}
