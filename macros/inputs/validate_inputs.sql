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
        {% if kind == "file" %}
            {% do retention.require_readable_file(input) %}
        {% endif %}
        {% if kind in ["file", "relation"] %}
            {% set columns = retention.input_columns(input) %}
            {% do retention.require_columns(input, columns) %}
            {% if input == "raw_orders" and not run_query("select 1 from " ~ retention.input_source(input) ~ " limit 1").rows %}
                {% do exceptions.raise_compiler_error("raw_orders: '" ~ var(input) ~ "' holds no rows; export at least one order") %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {% if retention.input_kind("raw_orders") in ["file", "relation"] and retention.input_kind("raw_customers") != "model" %}
        {% do retention.require_segment_columns() %}
    {% endif %}
{% endmacro %}


{% macro require_readable_file(input) %}
    {{ return(adapter.dispatch("require_readable_file", "retention")(input)) }}
{% endmacro %}


{% macro default__require_readable_file(input) %}
    {% do retention.read_file(var(input)) %}
{% endmacro %}


{% macro duckdb__require_readable_file(input) %}
    {% set path = var(input) | string | trim %}
    {% set files = run_query("select file from glob(" ~ retention.text_literal(path) ~ ")").columns[0].values() %}
    {% if not files %}
        {% do exceptions.raise_compiler_error(
            input ~ ": no file matches '" ~ path ~ "'; give a path that exists, from the folder dbt runs in"
        ) %}
    {% endif %}
    {% set empty = run_query("select filename from read_blob(" ~ retention.text_literal(path) ~ ") where size = 0").columns[0].values() %}
    {% if empty %}
        {% do exceptions.raise_compiler_error(input ~ ": the file '" ~ empty[0] ~ "' is empty; export it again") %}
    {% endif %}
{% endmacro %}
