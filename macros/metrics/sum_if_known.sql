{#- A sum that is NULL as soon as one of its parts is: the sum of an unknown amount is unknown. -#}
{% macro sum_if_known(amount) -%}
    case when count({{ amount }}) = count(*) then sum({{ amount }}) end
{%- endmacro %}
