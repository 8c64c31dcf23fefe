{#- Stops if orders name customers missing from the identities, which were built earlier from other data. -#}
{% macro require_known_customers(orders) %}
    {% if execute and flags.WHICH in ["run", "build", "retry"] %}
        {% set unknown = run_query("select count(*) from " ~ orders ~ " where customer_number = -1").rows[0][0] %}
        {% if unknown %}
            {% do exceptions.raise_compiler_error(
                "int_retention__orders: " ~ unknown ~ " orders are of customers that int_retention__customer_identities does not"
                ~ " know, as it was built from other data; run `dbt build` without --select"
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}
