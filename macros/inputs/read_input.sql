{#- An input as text: its canonical columns and one column an attribute that segments customers, and the
    times and amounts that it holds as such. A column the input lacks is NULL, and an input that is not given
    has no rows. -#}
{% macro read_input(input) %}
    {%- set source = retention.input_source(input) -%}
    {%- set columns = retention.input_columns(input) -%}
    {%- set kinds = retention.stored_kinds(input) -%}
    {%- if columns %}
        {%- do retention.require_columns(input, columns) -%}
    {%- endif %}
    {%- if input == "raw_orders" %}
        {%- do retention.require_segment_columns() -%}
    {%- endif -%}
    select
        {%- for name, kind in kinds.items() if kind != "missing" %}
        {{ retention.quoted(columns[name]) }} as {{ name }}_stored,
        {%- endfor %}
        {%- for name in retention.canonical_columns(input) %}
        {{ retention.text_column(name, columns) }} as {{ name }}{{ "," if not loop.last or retention.segment_columns() }}
        {%- endfor %}
        {%- for dimension in retention.segment_columns() %}
        {{ retention.attribute_column(dimension, columns) }} as attribute_{{ loop.index }}{{ "," if not loop.last }}
        {%- endfor %}
    {%- if source %}
    from {{ source }}
    {%- else %}
    where 1 = 0
    {%- endif %}
{% endmacro %}


{#- An input as lines of text: those of its files, or the column `line` of a relation. -#}
{% macro input_lines(input) %}
    {%- if execute and retention.input_kind(input) == "file" -%}
        {%- set patterns = [] -%}
        {%- for name in retention.matching_files(input, retention.input_value(input)) -%}
            {%- do patterns.append(retention.pattern_of(name)) -%}
        {%- endfor -%}
        {{- return(retention.file_lines(patterns, "utf-8")) -}}
    {%- endif -%}
    select {{ retention.collated("line") }} as line from {{ retention.input_source(input) or "(select '' as line) as nothing" }}
{% endmacro %}


{#- The columns of an input after it was read: canonical ones, then the segment attributes. -#}
{% macro record_columns(input) %}
    {{ return(retention.canonical_columns(input) + retention.attribute_columns()) }}
{% endmacro %}


{#- The lower-case names of all columns of an input that are read by name. -#}
{% macro record_names(input) %}
    {{ return(retention.canonical_columns(input) + retention.segment_columns() | map("lower") | list) }}
{% endmacro %}


{% macro canonical_columns(input) %}
    {% set columns = retention.inputs()[input] %}
    {{ return(columns.required + columns.optional) }}
{% endmacro %}


{#- Segment attributes have numbered names between reading and the marts, so that no name somebody
    gives a column can meet one of the project's. -#}
{% macro attribute_columns() %}
    {% set columns = [] %}
    {% for dimension in retention.segment_columns() %}
        {% do columns.append("attribute_" ~ loop.index) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#- One input column as text, or NULL where there is nothing in it or the input has no such column. -#}
{% macro text_column(name, columns, words_for_nothing=none) %}
    {% if name | lower in columns %}
        {% set text = "cast(" ~ retention.quoted(columns[name | lower]) ~ " as " ~ dbt.type_string() ~ ")" %}
        {{- return(retention.clean_text(text, words_for_nothing or retention.words_for_nothing())) -}}
    {% endif %}
    {{- return("cast(null as " ~ dbt.type_string() ~ ")") -}}
{% endmacro %}


{#- An attribute that segments customers. NA can be Namibia there and none a loyalty tier. -#}
{% macro attribute_column(name, columns) %}
    {{- return(retention.text_column(name, columns, retention.words_for_nothing() | reject("in", ["na", "none"]) | list)) -}}
{% endmacro %}


{#- What people and programs write into a field that has no value, in lower case; four characters at most. -#}
{% macro words_for_nothing() %}
    {{ return(["", "-", "null", "\\n", "na", "n/a", "#n/a", "nan", "nat", "none"]) }}
{% endmacro %}


{#- The columns of an input: a mapping from the lower-case name to the name as it is spelled there.
    Known only while a model runs, so it is empty at parse time. -#}
{% macro input_columns(input) %}
    {% set columns = {} %}
    {% if retention.input_kind(input) == "file" %}
        {% set names = retention.file_columns(input, retention.input_value(input)) if execute else [] %}
        {% for name in retention.record_names(input) if name ~ " (1)" in names | map("lower") %}
            {% do exceptions.raise_compiler_error(
                input ~ ": the column '" ~ name ~ "' stands in the header more than once; remove or rename all but one"
            ) %}
        {% endfor %}
    {% else %}
        {% set source = retention.input_source(input) %}
        {% set names = adapter.get_columns_in_relation(source) | map(attribute="name") if execute and source %}
    {% endif %}
    {% for name in names %}
        {% do columns.update({name | lower: name}) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#- The type of each column of an input, by its lower-case name; empty where all of them are text. Known only while
    a model runs. -#}
{% macro input_types(input) %}
    {% set types = {} %}
    {% if retention.input_kind(input) == "file" and retention.file_type(retention.input_value(input)) == "parquet" %}
        {% for column in run_query("describe from " ~ retention.input_source(input)).rows %}
            {% do types.update({column[0] | lower: column[1]}) %}
        {% endfor %}
    {% else %}
        {% set relation = retention.input_relation(input) %}
        {% for column in (adapter.get_columns_in_relation(relation) if relation else []) %}
            {% do types.update({column.name | lower: column.dtype}) %}
        {% endfor %}
    {% endif %}
    {{ return(types) }}
{% endmacro %}


{#- The relation of an input that is a relation or a model, for steps that look at it without reading it. `ref` would
    have each of them wait for it and be given rows for it in unit tests. -#}
{% macro input_relation(input) %}
    {% set kind = retention.input_kind(input) %}
    {% set value = retention.input_value(input) %}
    {% if kind == "relation" %}
        {{ return(retention.find_relation(input, value)) }}
    {% elif kind == "model" %}
        {% for node in graph.nodes.values() if node.name == value and node.resource_type in ["model", "seed", "snapshot"] %}
            {{ return(adapter.get_relation(node.database, node.schema, node.alias)) }}
        {% endfor %}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{#- The columns an input must have: those of the public interface, or of the source format that reads it.
    `cdnow` reads lines without a header. -#}
{% macro require_columns(input, columns) %}
    {% if input == "raw_orders" and var("source_format") in retention.export_columns() %}
        {% do retention.require_export_columns(columns) %}
    {% elif not (input == "raw_orders" and var("source_format") == "cdnow") %}
        {% for name in retention.inputs()[input].required if name not in columns %}
            {% do exceptions.raise_compiler_error(
                input ~ ": the required column '" ~ name ~ "' is missing (found: " ~ retention.listed(columns.values())
                ~ "); rename the column in your file or select it under that name in a model"
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{#- Names of columns as a message can show them. -#}
{% macro listed(names) %}
    {% set shown = [] %}
    {% for name in (names | list)[:100] %}
        {% do shown.append(name | truncate(60)) %}
    {% endfor %}
    {{ return(shown | join(", ") or "none") }}
{% endmacro %}


{% macro require_segment_columns() %}
    {% set customers = retention.input_columns("raw_customers") %}
    {% set orders = retention.input_columns("raw_orders") %}
    {% for name in retention.segment_columns()
        if orders and name | lower not in customers and name | lower not in orders and name | lower != "first_order_month" %}
        {% do exceptions.raise_compiler_error(
            "segment_columns: '" ~ name ~ "' is a column of neither raw_customers (" ~ retention.listed(customers.values())
            ~ ") nor raw_orders (" ~ retention.listed(orders.values()) ~ "); name one of these"
        ) %}
    {% endfor %}
{% endmacro %}
