{#- Adds the segment columns to the contract of the model being built: they depend on a setting, and a
    contract in YAML can only list fixed columns. -#}
{% macro declare_segment_columns(model) %}
    {% for dimension in retention.segment_columns() %}
        {% do model["columns"].update({
            dimension: {
                "name": dimension,
                "description": "Customer attribute, named in the setting segment_columns.",
                "data_type": dbt.type_string(),
                "quote": true,
                "constraints": [],
            }
        }) %}
    {% endfor %}
{% endmacro %}
