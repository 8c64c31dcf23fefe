{#- What to select from to read an input as it is; empty where the input is not given. -#}
{% macro input_source(input) %}
    {% set kind = retention.input_kind(input) %}
    {% set value = retention.input_value(input) %}
    {% if kind == "demo" %}
        {{ return(ref("retention", retention.demo_seed(input))) }}
    {% elif kind == "model" %}
        {{ return(ref(value)) }}
    {% elif kind == "file" and execute %}
        {{ return(retention.read_file(input, value)) }}
    {% elif kind == "relation" and execute %}
        {{ return(retention.find_relation(input, value)) }}
    {% endif %}
    {{ return("") }}
{% endmacro %}


{#- The relation an input names. Only a relation the database knows is ever put into SQL. -#}
{% macro find_relation(input, name) %}
    {% set parts = name.split(".") %}
    {% set database = parts[0] if parts | length == 3 else target.database %}
    {#- Adapters look names up by SQL that holds them as they are, so no other characters get that far. -#}
    {% set is_name = modules.re.fullmatch("[\\w$-]+([.][\\w$-]+){1,2}", name) %}
    {% set relation = adapter.get_relation(database, parts[-2], parts[-1]) if is_name %}
    {% if not relation %}
        {% do exceptions.raise_compiler_error(
            input ~ ": there is no relation '" ~ name ~ "'; name an existing schema.table, a model, or a file that ends in"
            ~ " .csv, .csv.gz, .tsv, .txt, .parquet or .json"
        ) %}
    {% endif %}
    {{ return(relation) }}
{% endmacro %}


{#- Reads a file, or all files of a glob, as a table of text columns. -#}
{% macro read_file(input, path) %}
    {{ return(adapter.dispatch("read_file", "retention")(input, path)) }}
{% endmacro %}


{% macro default__read_file(input, path) %}
    {% do exceptions.raise_compiler_error(
        input ~ ": " ~ target.type ~ " reads no files; load '" ~ path ~ "' into a table and name that as schema.table"
    ) %}
{% endmacro %}


{% macro duckdb__read_file(input, path) %}
    {% set type = retention.file_type(path) %}
    {% set literal = retention.text_literal(path) %}
    {% if type == "text" %}
        {{ return(retention.read_text_files(input, path)) }}
    {% elif type == "parquet" %}
        {{ return("read_parquet(" ~ literal ~ ", union_by_name = true)") }}
    {% endif %}
    {#- Left to itself, the reader guesses numbers and dates. -#}
    {% set fields = [] %}
    {% for name in retention.file_columns(input, path) %}
        {% do fields.append(retention.text_literal(name) ~ ": 'varchar'") %}
    {% endfor %}
    {{ return("read_json(" ~ literal ~ ", columns = {" ~ fields | join(", ") ~ "})") }}
{% endmacro %}


{#- The names of the columns in a file, or in all files of a glob. -#}
{% macro file_columns(input, path) %}
    {{ return(adapter.dispatch("file_columns", "retention")(input, path)) }}
{% endmacro %}


{% macro default__file_columns(input, path) %}
    {% do retention.read_file(input, path) %}
{% endmacro %}


{% macro duckdb__file_columns(input, path) %}
    {% set names = [] %}
    {% if retention.file_type(path) == "text" %}
        {% for file in retention.text_files(input, path) %}
            {% do names.extend(file.columns | select) %}
        {% endfor %}
    {% else %}
        {% do retention.matching_files(input, path) %}
        {% set relation = {
            "parquet": "read_parquet(" ~ retention.text_literal(path) ~ ", union_by_name = true)",
            "json": "read_json(" ~ retention.text_literal(path) ~ ", sample_size = -1)",
        }[retention.file_type(path)] %}
        {% do names.extend(retention.query_json("select to_json(list(column_name)) from (describe from " ~ relation ~ ")")) %}
    {% endif %}
    {{ return(names | unique | list) }}
{% endmacro %}


{#- What is in a file, by its name: `parquet`, `json` or `text`, rows and columns with separators. -#}
{% macro file_type(path) %}
    {% set name = path | lower %}
    {% if name.endswith(".parquet") %}
        {{ return("parquet") }}
    {% elif name.endswith(".json") %}
        {{ return("json") }}
    {% endif %}
    {{ return("text") }}
{% endmacro %}
