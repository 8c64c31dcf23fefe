{#- Orders with the same key are looked at together: those of a customer, or those of nobody known on one day. No
    customer's key starts with a blank, whatever they are called. -#}
{% macro order_group_key(prefix="") -%}
    coalesce({{ prefix }}customer_key, {{ dbt.concat(["' '", "cast(" ~ prefix ~ "order_date as " ~ dbt.type_string() ~ ")"]) }})
{%- endmacro %}
