{#- Stops the run before any model is built when an input cannot be read. Inputs that are models are
    checked when the staging models read them, as they may not be built yet. -#}
{% macro validate_inputs() %}
    {% if not execute %}
        {{ return("") }}
    {% endif %}
    {% for input in retention.inputs() %}
        {% set kind = retention.input_kind(input) %}
        {% if kind not in ["none", "demo"] and retention.input_of_records(input) != input %}
            {% do exceptions.raise_compiler_error(
                input ~ ": source_format " ~ var("source_format") ~ " makes it of the rows of raw_orders; unset " ~ input
            ) %}
        {% endif %}
        {% if kind in ["file", "relation"] %}
            {% set columns = retention.input_columns(input) %}
            {% do retention.require_columns(input, columns) %}
            {% if input == "raw_orders" %}
                {% do retention.require_rows(input) %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {% if retention.input_kind("raw_orders") in ["file", "relation"] and retention.input_kind("raw_customers") != "model" %}
        {% do retention.require_segment_columns() %}
    {% endif %}
{% endmacro %}


{#- Stops where an input that has to have rows has none; a customer or refund file may be empty but for
    its header. -#}
{% macro require_rows(input) %}
    {% set path = retention.input_value(input) %}
    {% if retention.input_kind(input) == "file" and retention.file_type(path) == "text" %}
        {% set has_rows = retention.text_files(input, path) | selectattr("has_rows") | list %}
    {% else %}
        {% set has_rows = run_query("select 1 as a_row from " ~ retention.input_source(input) ~ " limit 1").rows | length %}
    {% endif %}
    {% if not has_rows %}
        {% do exceptions.raise_compiler_error(input ~ ": '" ~ path ~ "' holds a header but no rows; export at least one order") %}
    {% endif %}
{% endmacro %}
