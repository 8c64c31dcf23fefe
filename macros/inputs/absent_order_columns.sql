{#- The columns of int_retention__orders that the input has nothing for, each with its value in all orders. Only files
    and relations are asked: dbt would want every model that asks a model for its columns to depend on it. -#}
{% macro absent_order_columns() %}
    {% set absent = {} %}
    {% if execute and retention.input_kind("raw_orders") in ["file", "relation"] %}
        {% set present = retention.input_columns("raw_orders") %}
        {% set no_amount = "cast(null as " ~ retention.type_amount() ~ ")" %}
        {% set nothing = "cast(0 as " ~ retention.type_amount() ~ ")" %}
        {% set one = "cast(1 as " ~ retention.type_rate() ~ ")" %}
        {% if "currency" not in present %}
            {% do absent.update({"currency": "cast(null as " ~ dbt.type_string() ~ ")", "exchange_rate": one}) %}
        {% endif %}
        {% for column, input_column, value in [
            ("shipping", "shipping_amount", nothing),
            ("taxes", "tax_amount", nothing),
            ("cost", "cost_amount", no_amount),
            ("fulfilment_cost", "fulfilment_cost_amount", no_amount),
            ("payment_fee", "payment_fee_amount", no_amount),
        ] if input_column not in present %}
            {% do absent.update({column: value}) %}
        {% endfor %}
        {% if retention.input_kind("raw_order_lines") != "none" %}
            {#- Lines have costs of their own. #}
            {% do absent.pop("cost", none) %}
        {% endif %}
    {% endif %}
    {{ return(absent) }}
{% endmacro %}
