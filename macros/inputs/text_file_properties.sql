{#- What has to be known of a file of rows and columns before it can be read as text. -#}


{#- Of each file of a path, from its first two lines: `name`, `pattern` (a glob that finds nothing else),
    `encoding` (none: what kind of text it is takes all of it to tell), `header` (the line, by encoding),
    `delimiter`, `columns` (their names; none where a column has no name) and `has_rows`. -#}
{% macro text_files(input, path) %}
    {% set files = [] %}
    {% for name in retention.matching_files(input, path) %}
        {% set pattern = retention.pattern_of(name) %}
        {% set first = retention.first_lines(pattern, "utf-8") %}
        {% set encoding = none %}
        {% if first.undecodable %}
            {% set start = retention.query_json("select to_json(hex(content[1:2])) from read_blob(" ~ retention.text_literal(pattern) ~ ")") %}
            {% set encoding = "utf-16" if start == "FFFE" else "latin-1" if retention.is_latin_1(pattern) %}
            {% if start == "504B" %}
                {% do exceptions.raise_compiler_error(input ~ ": '" ~ name ~ "' is a spreadsheet or an archive; save it as CSV") %}
            {% elif start == "FEFF" or (not encoding and first.undecodable[0].line == 1) %}
                {% do exceptions.raise_compiler_error(input ~ ": the header of '" ~ name ~ "' cannot be read; save the file as UTF-8") %}
            {% elif encoding %}
                {% set first = retention.first_lines(pattern, encoding) %}
            {% endif %}
        {% endif %}
        {% if not first.lines %}
            {% do exceptions.raise_compiler_error(input ~ ": the file '" ~ name ~ "' is empty; export it again") %}
        {% endif %}
        {% set header = first.lines[0] %}
        {% set delimiter = retention.header_delimiter(header) %}
        {% do files.append({
            "name": name,
            "pattern": pattern,
            "encoding": encoding,
            "header": {
                encoding or "utf-8": header,
                "latin-1": header if encoding else header.encode("utf-8").decode("latin-1"),
            },
            "delimiter": delimiter,
            "columns": retention.header_columns(header, delimiter),
            "has_rows": first.lines | length > 1,
        }) %}
    {% endfor %}
    {{ return(files) }}
{% endmacro %}


{#- The first two `lines` of a file, and those among the first ones that are `undecodable`. -#}
{% macro first_lines(pattern, encoding) %}
    {% set lines = retention.query_json(
        "select to_json(list(line)) from (" ~ retention.file_lines([pattern], encoding, "store_rejects") ~ " limit 2)"
    ) or [] %}
    {{ return({"lines": lines, "undecodable": retention.undecodable_lines().values() | first}) }}
{% endmacro %}


{#- The names of all files that a path or glob finds. -#}
{% macro matching_files(input, path) %}
    {% set names = retention.query_json(
        "select to_json(list(file order by file)) from glob(" ~ retention.text_literal(path) ~ ")"
    ) %}
    {% if not names %}
        {% do exceptions.raise_compiler_error(
            input ~ ": no file matches '" ~ path ~ "'; give a path that exists, from the folder dbt runs in"
        ) %}
    {% endif %}
    {{ return(names) }}
{% endmacro %}


{#- A glob that finds nothing but the file of that name. -#}
{% macro pattern_of(name) %}
    {{ return(modules.re.sub("([*?\\[])", "[\\1]", name)) }}
{% endmacro %}


{#- The separator that a header has most of, outside of quotes. -#}
{% macro header_delimiter(header) %}
    {% set unquoted = modules.re.sub('"[^"]*"', "", header) %}
    {% set best = namespace(delimiter=",") %}
    {% for delimiter in [";", "\t", "|"] if unquoted.count(delimiter) > unquoted.count(best.delimiter) %}
        {% set best.delimiter = delimiter %}
    {% endfor %}
    {{ return(best.delimiter) }}
{% endmacro %}


{#- The names in a header. A name that stands there more than once is numbered each time, so that no column
    is taken for another; separators at the end of the header make no columns. -#}
{% macro header_columns(header, delimiter) %}
    {% set names = retention.query_json(
        "select to_json(" ~ retention.split_fields(retention.text_literal(header), delimiter) ~ ")"
    ) or [header] %}
    {% set names = names | map("trim") | list %}
    {% set spelled_alike = names | map("lower") | list %}
    {% set columns = [] %}
    {% for name in names %}
        {% set number = spelled_alike[:loop.index].count(name | lower) %}
        {% if not name %}
            {% do columns.append(none) %}
        {% elif spelled_alike.count(name | lower) > 1 %}
            {% do columns.append(name ~ " (" ~ number ~ ")") %}
        {% else %}
            {% do columns.append(name) %}
        {% endif %}
    {% endfor %}
    {% for name in names | reverse if columns and columns[-1] is none %}
        {% do columns.pop() %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#- The files of a path in groups that are alike in all that matters for reading them: `files` (patterns),
    `encoding`, `header`, `delimiter`, `columns`, `spans_lines` (may a row go over several lines?),
    `undecodable` (lines) and, if asked for, `is_damaged` (may a row be damaged?). This looks at every line. -#}
{% macro readable_text_files(input, path, look_for_damage=false) %}
    {% set by_header = {} %}
    {% for file in retention.text_files(input, path) %}
        {% do by_header.setdefault((file.encoding, file.header) | string, []).append(file) %}
    {% endfor %}
    {% set groups = {} %}
    {% for header, files in by_header.items() %}
        {% for file in retention.with_properties(input, files, look_for_damage) %}
            {% set alike = (header, file.encoding, file.spans_lines, file.is_damaged) | string %}
            {% set group = groups.setdefault(alike, dict(file, files=[], header=file.header[file.encoding], undecodable=[])) %}
            {% do group.files.append(file.pattern) %}
            {% do group.undecodable.extend(file.undecodable) %}
        {% endfor %}
    {% endfor %}
    {{ return(groups.values() | list) }}
{% endmacro %}


{#- Files with the same header with what only all of their lines tell: see `readable_text_files`. A file
    that is not UTF-8 throughout is latin-1 if it can be; else the lines that are not text are damaged rows. -#}
{% macro with_properties(input, files, look_for_damage) %}
    {% set encoding = files[0].encoding or "utf-8" %}
    {% set lines = retention.file_lines(files | map(attribute="pattern"), encoding, "store_rejects") %}
    {% set damage =
        "len(" ~ retention.split_fields("line", files[0].delimiter) ~ ") is distinct from " ~ files[0].columns | length
    %}
    {% set properties = retention.query_json(
        "select to_json(map(list(file.filename), list(file))) from ("
        ~ "select filename, bool_or(" ~ retention.has_open_quote("line") ~ ") as spans_lines,"
        ~ " bool_or(" ~ (damage if look_for_damage else "null") ~ ") as is_damaged from (" ~ lines ~ ") group by filename"
        ~ ") as file"
    ) %}
    {% set undecodable = retention.undecodable_lines() %}
    {% set known = [] %}
    {% for file in files %}
        {% set damage = undecodable.get(file.name, []) %}
        {% if damage and encoding == "utf-8" and retention.is_latin_1(file.pattern) %}
            {% do known.extend(retention.with_properties(input, [dict(file, encoding="latin-1")], look_for_damage)) %}
        {% elif damage | length > 1000 %}
            {% do exceptions.raise_compiler_error(
                input ~ ": over 1000 lines of '" ~ file.name ~ "' are no text in UTF-8, the first is line "
                ~ damage[0].line ~ "; save the file as UTF-8"
            ) %}
        {% else %}
            {% do known.append(dict(file, encoding=encoding, undecodable=damage, **properties[file.name])) %}
        {% endif %}
    {% endfor %}
    {{ return(known) }}
{% endmacro %}


{#- By file, the lines (1,001 at most) that the last read which stored them could not decode: `line` (its
    number), `row_begins_with` and `row_hash`. -#}
{% macro undecodable_lines() %}
    {% set found = retention.query_json(
        "select to_json(map(list(file_path), list(lines))) from ("
        ~ "select file_path, list(distinct_lines order by distinct_lines.line)[:1001] as lines from ("
        ~ "select distinct file_path, file_path as file, line, left(csv_line, 40) as row_begins_with, md5(csv_line) as row_hash"
        ~ " from temp.retention_reject_errors inner join temp.retention_reject_scans using (scan_id, file_id)"
        ~ ") as distinct_lines group by file_path)"
    ) %}
    {% do run_query("drop table if exists temp.retention_reject_errors") %}
    {% do run_query("drop table if exists temp.retention_reject_scans") %}
    {{ return(found or {}) }}
{% endmacro %}


{#- Can DuckDB read the file as latin-1? It takes the bytes from 80 to 9f, which are control characters
    there, for a sign that the file is something else. -#}
{% macro is_latin_1(pattern) %}
    {{ return(retention.query_json(
        "select to_json(not regexp_matches(cast(content as varchar), '\\\\x[89][0-9A-F]')) from read_blob("
        ~ retention.text_literal(pattern) ~ ")"
    )) }}
{% endmacro %}


{#- The one value that a query finds, which is JSON. In any other form dbt would guess its type. -#}
{% macro query_json(sql) %}
    {% set json = run_query(sql).columns[0].values()[0] %}
    {{ return(fromjson(json) if json else none) }}
{% endmacro %}
