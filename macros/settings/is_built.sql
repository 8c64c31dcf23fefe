{#- A condition: are periods of a grain built? -#}
{% macro is_built(grain) -%}
    {{ "true" if grain in retention.period_grains() else "false" }}
{%- endmacro %}
