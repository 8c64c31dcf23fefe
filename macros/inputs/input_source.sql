{#- What to select from to read an input as it is; empty where the input is not given. -#}
{% macro input_source(input) %}
    {% set kind = retention.input_kind(input) %}
    {% set value = var(input) | string | trim %}
    {% if kind == "demo" %}
        {{ return(ref("retention", retention.demo_seed(input))) }}
    {% elif kind == "model" %}
        {{ return(ref(value)) }}
    {% elif kind == "file" and execute %}
        {{ return(retention.read_file(value)) }}
    {% elif kind == "relation" and execute %}
        {{ return(retention.find_relation(input, value)) }}
    {% endif %}
    {{ return("") }}
{% endmacro %}


{#- The relation an input names. Only a relation the database knows is ever put into SQL. -#}
{% macro find_relation(input, name) %}
    {% set parts = name.split(".") %}
    {% set database = parts[0] if parts | length == 3 else target.database %}
    {% set relation = adapter.get_relation(database, parts[-2], parts[-1]) if parts | length in [2, 3] %}
    {% if not relation %}
        {% do exceptions.raise_compiler_error(
            input ~ ": there is no relation '" ~ name ~ "'; name an existing schema.table, a model, or a file"
        ) %}
    {% endif %}
    {{ return(relation) }}
{% endmacro %}


{#- Reads a file, or all files of a glob, as a table of text columns. -#}
{% macro read_file(path) %}
    {{ return(adapter.dispatch("read_file", "retention")(path)) }}
{% endmacro %}


{% macro default__read_file(path) %}
    {% do exceptions.raise_compiler_error(
        "'" ~ path ~ "': " ~ target.type ~ " reads no files; load it into a table and name that as schema.table"
    ) %}
{% endmacro %}


{% macro duckdb__read_file(path) %}
    {% set literal = retention.text_literal(path) %}
    {% if path.lower().endswith(".parquet") %}
        {{ return("read_parquet(" ~ literal ~ ", union_by_name = true)") }}
    {% elif path.lower().endswith(".json") %}
        {{ return("read_json(" ~ literal ~ ", union_by_name = true)") }}
    {% elif path.lower().endswith(".txt") %}
        {{ return(
            "read_csv(" ~ literal ~ ", columns = {'line': 'varchar'}, header = false, delim = '\\x01', quote = '', escape = '')"
        ) }}
    {% endif %}
    {#- Left to itself the reader takes rows that start with # for comments; Shopify's all do. -#}
    {{ return("read_csv(" ~ literal ~ ", header = true, all_varchar = true, union_by_name = true, quote = '\"', escape = '\"', comment = '')") }}
{% endmacro %}
