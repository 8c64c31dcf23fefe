{#- A date as the text 2026-06. -#}
{% macro year_month(date) -%}
    substring(cast({{ date }} as {{ dbt.type_string() }}), 1, 7)
{%- endmacro %}
