{#- Stops if a file is not one that the engine's own reader reads row by row. -#}
{% macro require_readable(input) %}
    {{ return(adapter.dispatch("require_readable", "retention")(input)) }}
{% endmacro %}


{% macro default__require_readable(input) %}
{% endmacro %}


{#- Query errors cannot be caught here, so files are checked with queries that raise none. -#}
{% macro duckdb__require_readable(input) %}
    {% if retention.input_kind(input) != "file" %}
        {{ return("") }}
    {% endif %}
    {% set path = retention.input_value(input) %}
    {% set name = path | lower %}
    {% set literal = retention.text_literal(path) %}
    {% if not run_query("select 1 as a_file from glob(" ~ literal ~ ")").rows | length %}
        {% do exceptions.raise_compiler_error(
            input ~ ": no file matches '" ~ path ~ "'; give a path that exists, seen from where dbt runs"
        ) %}
    {% endif %}
    {% do retention.input_source(input) %}
    {% do retention.refuse_file(input, literal, "regexp_matches(hex(content), '^(0[9AD]|20)*$')", "is empty", most_bytes=1000) %}
    {% if name.endswith(".gz") %}
        {% do retention.refuse_file(input, literal, "hex(content[1:2]) <> '1F8B'", "is not compressed with gzip") %}
    {% elif name.endswith(".parquet") %}
        {#- For larger files DuckDB reports it itself, without reading all of them here. #}
        {% do retention.refuse_file(
            input, literal, "size < 12 or hex(content[1:4]) <> '50415231' or hex(content[size - 3:size]) <> '50415231'",
            "is damaged, no Parquet file", most_bytes=10000000
        ) %}
    {% elif not name.endswith(".csv") %}
        {#- One JSON text, or one per line. #}
        {% do retention.refuse_file(input, literal, "
            not coalesce(try(json_valid(decode(content))), false)
            and not coalesce(try(list_bool_and(list_transform(
                list_filter(string_split(decode(content), chr(10)), lambda line: trim(line) <> ''), lambda line: json_valid(line)
            ))), false)", "is damaged JSON") %}
    {% endif %}
    {% if name.endswith((".csv", ".csv.gz")) %}
        {% do retention.require_readable_lines(input, literal) %}
    {% endif %}
{% endmacro %}


{#- Every line of a file must be one row: a quoted text over several lines may be a stray quote, which swallows the rows up to
    the next quote, and a row with a column too few or too many has a missing or extra delimiter. `retention.py` can tell them
    apart. -#}
{% macro require_readable_lines(input, literal) %}
    {% set lines = run_query("
        select
            filename,
            count(*) as lines,
            cast(sum(strlen(line)) as bigint) as bytes,
            count(*) filter (where contains(line, chr(0))) as lines_of_no_text,
            count(*) filter (
                where
                    (length(line) - length(replace(line, '\"', ''))) % 2 = 1
                    -- A quoted field may end with any character; an unquoted one may have quotes inside.
                    or contains(line, '\"') and not regexp_full_match(
                        line,
                        '(\"([^\"]|\"\")*\"|[^\",;|\\t][^,;|\\t]*|)([,;|\\t](\"([^\"]|\"\")*\"|[^\",;|\\t][^,;|\\t]*|))*\\r?'
                    )
            ) as lines_of_open_quotes
        from read_csv(
            " ~ literal ~ ", header = false, columns = {'line': 'varchar'}, auto_detect = false, delim = '\\0', quote = '',
            escape = '', ignore_errors = true, filename = true
        )
        where trim(line) <> ''
        group by filename
    ").rows %}
    {% if not lines | length %}
        {% do retention.refuse_input(input, retention.input_value(input), "is no text in UTF-8") %}
    {% endif %}
    {% for file, count, bytes, of_no_text, of_open_quotes in lines %}
        {% if of_no_text or of_open_quotes %}
            {% do retention.refuse_input(
                input, file, "is no text in UTF-8" if of_no_text else "has quotes that go over lines or are not closed"
            ) %}
        {% endif %}
        {% set one_file = retention.literal_of_file(file) %}
        {% if (file | lower).endswith(".gz") %}
            {#- The last four bytes are the length of the text; in a truncated file they differ. #}
            {% do retention.refuse_file(input, one_file, "
                (cast('0x' || hex(content[size:size]) || hex(content[size - 1:size - 1]) || hex(content[size - 2:size - 2])
                    || hex(content[size - 3:size - 3]) as bigint) - " ~ bytes ~ " % 4294967296 + 4294967296) % 4294967296
                > 2 * " ~ count ~ " + 65536", "is cut off") %}
        {% endif %}
        {% do run_query("drop table if exists retention_rejects") %}
        {% do run_query("drop table if exists retention_rejects_scan") %}
        {% set rows = run_query(
            "select count(*) as a_count from read_csv(" ~ one_file ~ ", header = true, all_varchar = true, quote = '\"', escape = '\"',"
            ~ " store_rejects = true, rejects_table = 'retention_rejects', rejects_scan = 'retention_rejects_scan', rejects_limit = 1)"
        ).rows[0][0] %}
        {% for line, error in run_query("select line, cast(error_type as varchar) as error from retention_rejects limit 1").rows %}
            {% do retention.refuse_input(
                input, file, ("is no text in UTF-8" if "ENCODING" in error else "has too few or too many columns") ~ " in line " ~ line
            ) %}
        {% endfor %}
        {% if rows != count - 1 %}
            {% do retention.refuse_input(input, file, "has " ~ count ~ " lines but " ~ rows ~ " rows under one header") %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{#- Stops if a condition on `content` and `size` holds for a file. Content is read into memory, so if `most_bytes` is
    given, larger files are excluded by size, without reading them. -#}
{% macro refuse_file(input, literal, condition, fault, most_bytes=none) %}
    {% set literals = [literal] %}
    {% if most_bytes %}
        {% set literals = [] %}
        {% for row in run_query("select filename from read_blob(" ~ literal ~ ") where size < " ~ most_bytes).rows %}
            {% do literals.append(retention.literal_of_file(row[0])) %}
        {% endfor %}
    {% endif %}
    {% for one in literals %}
        {% for row in run_query("select filename from read_blob(" ~ one ~ ") where " ~ condition ~ " limit 1").rows %}
            {% do retention.refuse_input(input, row[0], fault) %}
        {% endfor %}
    {% endfor %}
{% endmacro %}


{#- A file name as SQL text with wildcards escaped. -#}
{% macro literal_of_file(file) %}
    {{ return(retention.text_literal(file | replace("[", "[[]") | replace("*", "[*]") | replace("?", "[?]"))) }}
{% endmacro %}


{% macro refuse_input(input, file, fault) %}
    {% do exceptions.raise_compiler_error(
        input ~ ": '" ~ file ~ "' " ~ fault ~ "; export it again, or run `python3 retention.py build " ~ file ~ "`, which reads more"
    ) %}
{% endmacro %}
