{#- A sum that is NULL as soon as one of its parts is NULL: a sum with an unknown part is
    unknown. -#}
{% macro sum_if_known(amount) -%}
    case when count({{ amount }}) = count(*) then sum({{ amount }}) end
{%- endmacro %}
