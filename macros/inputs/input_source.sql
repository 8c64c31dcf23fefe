{#- The relation from which to read an input, after applying its source format; without an input, no rows. -#}
{% macro input_source(input) %}
    {% set source = retention.plain_source(input) %}
    {% if execute and retention.input_kind(input) != "none" and retention.source_format(input) %}
        {{ return(retention.formatted_source(input, source, retention.columns_of_source(input, source))) }}
    {% endif %}
    {{ return(source) }}
{% endmacro %}


{#- The relation from which to read an input unchanged. -#}
{% macro plain_source(input) %}
    {% set kind = retention.input_kind(input) %}
    {% set value = retention.input_value(input) %}
    {% if kind == "demo" %}
        {{ return(ref("retention", "retention_demo__" ~ input)) }}
    {% elif kind == "model" %}
        {{ return(ref(value)) }}
    {% elif kind == "file" and execute %}
        {{ return(retention.read_file(input, value)) }}
    {% elif kind == "relation" and execute %}
        {{ return(retention.find_relation(input, value)) }}
    {% endif %}
    {{ return("(select nothing from (select 1 as nothing) as one_row where 1 = 0) as no_rows") }}
{% endmacro %}


{#- The relation that an input names. Only a relation that the database knows gets into SQL. -#}
{% macro find_relation(input, name) %}
    {% set parts = name.split(".") %}
    {% set database = parts[0] if parts | length == 3 else target.database %}
    {#- Adapters look up names with SQL that contains them unescaped, so no other characters are let through. -#}
    {% set is_name = modules.re.fullmatch("[\\w$-]+([.][\\w$-]+){1,2}", name) %}
    {% set relation = adapter.get_relation(database, parts[-2], parts[-1]) if is_name %}
    {% if not relation %}
        {% do exceptions.raise_compiler_error(
            input ~ ": there is no relation '" ~ name ~ "'; name an existing schema.table, a model, or a file that ends in"
            ~ " .csv, .csv.gz, .parquet, .json or .jsonl"
        ) %}
    {% endif %}
    {{ return(relation) }}
{% endmacro %}


{#- A file, or all files of a glob, read by the engine's own reader. -#}
{% macro read_file(input, path) %}
    {{ return(adapter.dispatch("read_file", "retention")(input, path)) }}
{% endmacro %}


{% macro default__read_file(input, path) %}
    {% do exceptions.raise_compiler_error(
        input ~ ": " ~ target.type ~ " reads no files; load '" ~ path ~ "' into a table and name that as schema.table"
    ) %}
{% endmacro %}


{#- The column that the reader adds for the file name. -#}
{% macro file_name_column() %}
    {{ return("retention_file_name") }}
{% endmacro %}


{#- Texts stay texts: a reader that guesses types turns the id 007 into a number. -#}
{% macro duckdb__read_file(input, path) %}
    {% set name = path | lower %}
    {% set literal = retention.text_literal(path) %}
    {#- Of the versions of a record that several files hold, the file decides. #}
    {% set literal = literal ~ (", filename = '" ~ retention.file_name_column() ~ "'" if modules.re.search("[*?[]", path) else "") %}
    {% if name.endswith(".parquet") %}
        {{ return("read_parquet(" ~ literal ~ ", union_by_name = true)") }}
    {% elif name.endswith((".csv", ".csv.gz")) %}
        {{ return("read_csv(" ~ literal ~ ", header = true, all_varchar = true, quote = '\"', escape = '\"', union_by_name = true)") }}
    {% elif name.endswith((".json", ".jsonl", ".ndjson")) %}
        {#- One format each, as 01-02-2024 would be guessed to be in February. #}
        {{ return(
            "read_json(" ~ literal ~ ", union_by_name = true, convert_strings_to_integers = false, sample_size = -1,"
            ~ " dateformat = '%Y-%m-%d', timestampformat = '%Y-%m-%dT%H:%M:%SZ')"
        ) }}
    {% endif %}
    {% do exceptions.raise_compiler_error(
        input ~ ": dbt reads .csv, .csv.gz, .parquet, .json and .jsonl; for '" ~ path ~ "' run `python3 retention.py build " ~ path ~ "`"
    ) %}
{% endmacro %}
