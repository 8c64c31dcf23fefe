{#- Puts the engine's own type names into the contract of the model being built: YAML can hold only one
    name, and not every engine knows `double` and `varchar`. -#}
{% macro contract_types(model) %}
    {% set own_names = {
        "varchar": dbt.type_string(),
        "bigint": dbt.type_bigint(),
        "integer": dbt.type_int(),
        "double": retention.type_double(),
        "timestamp": dbt.type_timestamp(),
    } %}
    {% for column in model["columns"].values() %}
        {% do column.update({"data_type": own_names.get(column["data_type"], column["data_type"])}) %}
    {% endfor %}
{% endmacro %}
