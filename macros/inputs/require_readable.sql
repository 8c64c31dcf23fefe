{#- Stops where a file is not one that the engine's own reader reads row by row. -#}
{% macro require_readable(input) %}
    {{ return(adapter.dispatch("require_readable", "retention")(input)) }}
{% endmacro %}


{% macro default__require_readable(input) %}
{% endmacro %}


{#- A text file is refused where a quoted text goes over several lines: a stray quote does that too, and would swallow the
    rows up to the next one. The reader of `retention.py` tells the two apart. -#}
{% macro duckdb__require_readable(input) %}
    {% set path = retention.input_value(input) %}
    {% if retention.input_kind(input) == "file" and path | lower | string is string %}
        {% set literal = retention.text_literal(path) %}
        {% if not run_query("select count(*) from glob(" ~ literal ~ ")").rows[0][0] %}
            {% do exceptions.raise_compiler_error(input ~ ": there is no file '" ~ path ~ "'; check the path, which starts where dbt runs") %}
        {% endif %}
    {% endif %}
    {% if retention.input_kind(input) == "file" and (path | lower).endswith((".csv", ".csv.gz")) %}
        {% set rows = run_query("select count(*) from " ~ retention.input_source(input)).rows[0][0] %}
        {% set lines %}
            select count(*) from read_csv(
                {{ literal }}, header = false, columns = {'line': 'varchar'}, delim = '\\0', quote = '', escape = '', skip = 0
            ) where trim(line) <> ''
        {% endset %}
        {% set files = run_query("select count(*) from glob(" ~ literal ~ ")").rows[0][0] %}
        {% set lines = run_query(lines).rows[0][0] %}
        {% if rows != lines - files %}
            {% do exceptions.raise_compiler_error(
                input ~ ": '" ~ path ~ "' has " ~ lines - files ~ " lines but " ~ rows ~ " rows, so quotes in it go over lines; run"
                ~ " `python3 retention.py build " ~ path ~ "`, which reads such files"
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}
