{#- A date or a whole number as text within a sentence. -#}
{% macro in_words(value) -%}
    cast({{ value }} as {{ dbt.type_string() }})
{%- endmacro %}


{#- A fraction as a text of whole percent. -#}
{% macro percent_in_words(fraction) -%}
    {{ dbt.concat([retention.in_words("cast(round(100 * " ~ fraction ~ ") as integer)"), "' %'"]) }}
{%- endmacro %}


{#- A number of orders as text, such as `1 order` and `2 orders`. -#}
{% macro orders_in_words(orders) -%}
    {{ dbt.concat([retention.in_words(orders), "case when " ~ orders ~ " = 1 then ' order' else ' orders' end"]) }}
{%- endmacro %}
