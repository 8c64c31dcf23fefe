{#- Files of rows and columns in text form (CSV and its relatives), read so that every row is either read as
    it stands or found in stg_retention__damaged_rows. DuckDB's own CSV reader cannot promise that: a row
    with a field too many, a field too few or a quote that is never closed stops it, or is cut or left out
    without a word, depending on its options. So DuckDB reads lines, which it does without loss, and the
    lines are taken apart here. DuckDB only, like everything that reads files.

    A row is a line that is not empty and does not repeat the header. Where a quoted text goes over several
    lines (1,000 at most), they are one row if together they have the header's number of columns; otherwise
    each of them is a row. A row is intact if its quotes are in order and it has the header's number of
    columns, or more of which the further ones are empty. -#}


{#- The intact rows of all files of a path, one text column a column of a header; files are united by the
    names of their columns. -#}
{% macro read_text_files(input, path) %}
    {%- set groups = retention.readable_text_files(input, path) -%}
    {%- set selects = [] -%}
    {%- for group in groups -%}
        {%- set columns = [] -%}
        {%- for name in group.columns if name -%}
            {%- do columns.append("fields[" ~ (group.columns.index(name) + 1) ~ "] as " ~ retention.quoted(name)) -%}
        {%- endfor -%}
        {%- do selects.append(
            "select " ~ columns | join(", ") ~ " from " ~ retention.text_rows(group)
            ~ " where " ~ retention.row_is_intact(group)
        ) -%}
    {%- endfor -%}
    {{- return("(" ~ selects | join(" union all by name ") ~ ")") -}}
{% endmacro %}


{#- The damaged rows of an input; only files of rows and columns in text form have any. -#}
{% macro damaged_rows(input) %}
    {%- set path = retention.input_value(input) -%}
    {%- set is_text = retention.input_kind(input) == "file" and retention.file_type(path) == "text" -%}
    {%- if execute and is_text and not (input == "raw_orders" and var("source_format") == "cdnow") -%}
    {{ retention.damaged_text_rows(input, path) }}
    {%- else -%}
    {{ retention.no_damaged_rows() }}
    {%- endif -%}
{% endmacro %}


{% macro no_damaged_rows() -%}
    select
        cast(null as {{ dbt.type_string() }}) as file,
        cast(null as {{ dbt.type_string() }}) as row_text,
        cast(null as {{ dbt.type_string() }}) as row_begins_with,
        cast(null as {{ dbt.type_string() }}) as row_hash,
        cast(null as {{ dbt.type_string() }}) as damage
    where 1 = 0
{%- endmacro %}


{#- The other rows of all files of a path, as they stand there, each with what is wrong with it. -#}
{% macro damaged_text_rows(input, path) %}
    {{- retention.no_damaged_rows() }}
    {%- for group in retention.readable_text_files(input, path, look_for_damage=true) %}
    {%- set expected = group.columns | length %}
    {%- if group.is_damaged %}

    union all

    select
        filename as file,
        line as row_text,
        left(split_part(line, {{ retention.text_literal(group.delimiter) }}, 1), 40) as row_begins_with,
        md5(line) as row_hash,
        case
            when fields is null then 'a quote is not closed, or text follows it'
            when len(fields) < {{ expected }} then 'the row has ' || len(fields) || ' of {{ expected }} columns'
            else 'the row has ' || len(fields) || ' columns instead of {{ expected }}'
        end as damage
    from {{ retention.text_rows(group) }}
    where ({{ retention.row_is_intact(group) }}) is not true
    {%- endif %}
    {%- for line in group.undecodable %}

    union all

    select
        {{ retention.text_literal(line.file) }} as file,
        cast(null as {{ dbt.type_string() }}) as row_text,
        {{ retention.text_literal(line.row_begins_with.split(group.delimiter)[0]) }} as row_begins_with,
        {{ retention.text_literal(line.row_hash) }} as row_hash,
        'the row is no text in UTF-8' as damage
    {%- endfor %}
    {%- endfor %}
{% endmacro %}


{% macro row_is_intact(group) -%}
    {%- set expected = group.columns | length -%}
    len(fields) = {{ expected }}
        or (len(fields) > {{ expected }} and trim(array_to_string(fields[{{ expected + 1 }}:], '')) = '')
{%- endmacro %}


{#- The rows of a group of files that are alike: `filename`, `line` and its `fields`. -#}
{% macro text_rows(group) %}
    {%- set lines -%}
        select *
        from ({{ retention.file_lines(group.files, group.encoding, "ignore_errors" if group.undecodable else "stop") }})
        where line <> {{ retention.text_literal(group.header) }}
    {%- endset -%}
    {%- if group.spans_lines -%}
        {%- set lines = retention.join_quoted_lines(lines, group) -%}
    {%- endif -%}
    {{- return(
        "(select filename, line, " ~ retention.split_fields("line", group.delimiter) ~ " as fields from (" ~ lines ~ "))"
    ) -}}
{% endmacro %}


{#- Lines with an odd number of quotes begin or end a text of several lines. Two such lines that follow each
    other are joined, with all between them, if that makes an intact row. A damaged line spoils no other. -#}
{% macro join_quoted_lines(lines, group) %}
    with numbered as materialized (
        select *, row_number() over () as line_number from ({{ lines }})
    ),

    opening as (
        select
            line_number as first_line,
            lead(line_number) over (partition by filename order by line_number) as last_line
        from numbered
        where {{ retention.has_open_quote("line") }}
    ),

    spans as (
        select *, unnest(range(first_line, last_line + 1)) as line_number
        from opening
        where last_line - first_line < 1000
    ),

    joined as (
        select
            spans.first_line,
            spans.last_line,
            any_value(numbered.filename) as filename,
            string_agg(numbered.line, chr(10) order by numbered.line_number) as line
        from spans
        inner join numbered
            on spans.line_number = numbered.line_number
        group by all
    ),

    complete as (
        select *, lag(last_line) over (order by first_line) as last_line_before
        from (select *, {{ retention.split_fields("line", group.delimiter) }} as fields from joined)
        where {{ retention.row_is_intact(group) }}
    ),

    chosen as (
        select * from complete
        where last_line_before is distinct from first_line
    )

    select filename, line from chosen
    union all
    select filename, line from numbered
    where line_number not in (select unnest(range(first_line, last_line + 1)) from chosen)
{% endmacro %}


{% macro has_open_quote(line) -%}
    case when contains({{ line }}, '"') then len(string_split({{ line }}, '"')) % 2 = 0 else false end
{%- endmacro %}


{#- A line as a list of its fields, NULL where its quotes are not in order. Most lines have no quotes, or
    quotes around every field and nowhere else. Blanks around quotes do not count. -#}
{% macro split_fields(line, delimiter) %}
    {%- set separator = retention.text_literal(delimiter) -%}
    {%- set in_pattern = delimiter | replace("|", "[|]") -%}
    {%- set field = in_pattern ~ '(?: *"(?:[^"]|"")*" *|[^"' ~ delimiter ~ '][^' ~ delimiter ~ ']*|)' -%}
    {%- set pieces = "regexp_extract_all(" ~ separator ~ " || " ~ line ~ ", '" ~ field ~ "')" -%}
    case
        when not contains({{ line }}, '"')
            then string_split({{ line }}, {{ separator }})
        when regexp_full_match({{ line }}, '"[^"]*"(?:{{ in_pattern }}"[^"]*")*')
            then string_split({{ line }}[2:-2], '"{{ delimiter }}"')
        when array_to_string({{ pieces }}, '') = {{ separator }} || {{ line }}
            then list_transform(
                {{ pieces }},
                lambda piece: case
                    when starts_with(ltrim(piece[2:]), '"') then replace(trim(piece[2:])[2:-2], '""', '"')
                    else piece[2:]
                end
            )
    end
{%- endmacro %}


{#- The lines of files with the file each is from. Lines that cannot be decoded stop the reading, unless
    they are stored in tables (`store_rejects`) or left out (`ignore_errors`). DuckDB wants a separator:
    U+FFFF is no character, so no text has it; in a damaged line that has, the first two are put back. -#}
{% macro file_lines(files, encoding, undecodable="stop") -%}
    {%- set literals = [] -%}
    {%- for file in files -%}
        {%- do literals.append(retention.text_literal(file)) -%}
    {%- endfor -%}
    select
            filename,
            case
                when line is not null and coalesce(rest, more) is null then line
                else concat_ws(chr(65535), coalesce(line, ''), coalesce(rest, ''), more)
            end as line
        from read_csv(
            [{{ literals | join(", ") }}], columns = {'line': 'varchar', 'rest': 'varchar', 'more': 'varchar'},
            encoding = '{{ encoding }}',
            auto_detect = false, header = false, delim = chr(65535), quote = '', escape = '', comment = '',
            new_line = '\n', strict_mode = false, null_padding = true, filename = true,
            maximum_line_size = 67108864, buffer_size = 67108864
            {%- if undecodable == "store_rejects" -%}
            , store_rejects = true, rejects_table = 'retention_reject_errors', rejects_scan = 'retention_reject_scans'
            {%- elif undecodable == "ignore_errors" -%}
            , ignore_errors = true
            {%- endif %}
        )
{%- endmacro %}
