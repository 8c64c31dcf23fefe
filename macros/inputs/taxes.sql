{#- Whether anything can say that order prices include tax, and there is a tax to deduct. -#}
{% macro tells_tax(columns) %}
    {% set is_said = retention.prices_include_tax() is not none or "taxes_included" in columns or "total_amount" in columns %}
    {{ return("tax_amount" in columns and is_said and not retention.uses_demo_shop()) }}
{% endmacro %}


{#- Whether order prices include tax, by the setting; none if columns say it. -#}
{% macro prices_include_tax() %}
    {% set value = var("prices_include_tax") | string | lower %}
    {{ return({"true": true, "false": false}.get(value)) }}
{% endmacro %}


{#- Whether the prices of an order include tax, by the setting or its column; NULL if neither says. -#}
{% macro says_tax_included(columns) -%}
    {%- set said = retention.prices_include_tax() -%}
    {%- if said is not none -%}
    {{ "true" if said else "false" }}
    {%- elif "taxes_included" in columns -%}
    {%- set text = "lower(cast(" ~ retention.quoted(columns["taxes_included"].name) ~ " as " ~ dbt.type_string() ~ "))" -%}
    case
            when {{ text }} in ('true', 't', '1', 'yes', 'y') then true
            when {{ text }} in ('false', 'f', '0', 'no', 'n') then false
        end
    {%- else -%}
    cast(null as {{ dbt.type_boolean() }})
    {%- endif -%}
{%- endmacro %}
