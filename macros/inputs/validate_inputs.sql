{#- Stops the run before any model is built if an input cannot be read. Inputs that are models are checked when the
    staging models read them, as they may not be built yet. -#}
{% macro validate_inputs() %}
    {% if not execute %}
        {{ return("") }}
    {% endif %}
    {% for input in retention.inputs() if retention.input_kind(input) in ["file", "relation"] %}
        {% do retention.require_readable(input) %}
        {% do retention.require_columns(input) %}
    {% endfor %}
    {% if retention.input_kind("raw_orders") in ["file", "relation"] %}
        {% if not run_query("select 1 as a_row from " ~ retention.input_source("raw_orders") ~ " limit 1").rows | length %}
            {% do exceptions.raise_compiler_error(
                "raw_orders: '" ~ retention.input_value("raw_orders") ~ "' holds no rows; export at least one order"
            ) %}
        {% endif %}
        {% if retention.input_kind("raw_customers") != "model" %}
            {% do retention.require_segment_columns() %}
        {% endif %}
    {% endif %}
{% endmacro %}
