{#- Inputs are read as text, as people and programs write dates and amounts in many ways. Where the input holds a
    date or an amount as such, writing it as text only to read it again would take most of the time of a build.
    So the value is carried beside its text, under the name with `_stored` after it, and used in place of it
    wherever it says the same. The text is still what a rejection shows and is judged by. -#}


{#- How the columns of an input are held that are not held as text: `missing`, `timestamp`, `timestamp_ns`,
    `timestamptz`, `date`, `decimal` or `double`. Formats make text of everything, and unit tests give text. -#}
{% macro stored_kinds(input) %}
    {% set kinds = {} %}
    {% set is_made = var("source_format") != "generic" and retention.is_made_by_format(input) %}
    {% set is_text = is_made or model.resource_type == "unit_test" %}
    {% set types = retention.input_types(input) if execute and not is_text else {} %}
    {% set columns = retention.inputs()[input] %}
    {% for name in retention.canonical_columns(input) if types %}
        {% set kind = retention.stored_kind(types[name] | lower) if name in types else "missing" %}
        {% set is_amount = kind in ["decimal", "double"] %}
        {% if kind == "missing" or name in columns.amounts and is_amount or name in columns.times and kind and not is_amount %}
            {% do kinds.update({name: kind}) %}
        {% endif %}
    {% endfor %}
    {{ return(kinds) }}
{% endmacro %}


{#- The kind of a type of the database whose values need not be read from text; empty for others. -#}
{% macro stored_kind(type) %}
    {{ return(adapter.dispatch("stored_kind", "retention")(type)) }}
{% endmacro %}


{% macro default__stored_kind(type) %}
    {{ return("") }}
{% endmacro %}


{#- In a text, 1.250 is more than a thousand where people write decimals after a comma. -#}
{% macro duckdb__stored_kind(type) %}
    {% set is_ambiguous = var("decimal_separator") == "," %}
    {% if type.startswith("decimal(") %}
        {{ return("" if is_ambiguous and type.endswith(",3)") else "decimal") }}
    {% endif %}
    {{ return({
        "timestamp": "timestamp",
        "timestamp_s": "timestamp",
        "timestamp_ms": "timestamp",
        "timestamp_ns": "timestamp_ns",
        "timestamp with time zone": "timestamptz",
        "date": "date",
        "tinyint": "decimal",
        "smallint": "decimal",
        "integer": "decimal",
        "bigint": "decimal",
        "double": "" if is_ambiguous else "double",
    }.get(type, "")) }}
{% endmacro %}


{#- The columns in which a record of an input is held: values where there are any, else texts; then the
    segment attributes. Columns that the input lacks are left out. -#}
{% macro stored_columns(input, kinds) %}
    {% set columns = [] %}
    {% for name in retention.canonical_columns(input) if kinds.get(name) != "missing" %}
        {% do columns.append(name ~ "_stored" if name in kinds else name) %}
    {% endfor %}
    {{ return(columns + retention.attribute_columns()) }}
{% endmacro %}


{#- The text of a column of a record. -#}
{% macro stored_text(name, kinds) %}
    {% set kind = kinds.get(name) %}
    {% if kind == "missing" %}
        {{- return("cast(null as " ~ dbt.type_string() ~ ")") -}}
    {% elif kind %}
        {% set text = "cast(" ~ name ~ "_stored as " ~ dbt.type_string() ~ ")" %}
        {{- return("nullif(" ~ text ~ ", 'nan')" if kind == "double" else text) -}}
    {% endif %}
    {{- return(name) -}}
{% endmacro %}


{#- A column of a record as a moment in UTC. Infinity and years of more than four digits are no times as texts,
    so they are none here. -#}
{% macro stored_time(name, kinds) -%}
    {%- set kind = kinds.get(name) -%}
    {%- set column = name ~ "_stored" -%}
    {%- if not kind -%}
    {{ retention.parse_timestamp(name) }}
    {%- elif kind == "missing" -%}
    cast(null as {{ dbt.type_timestamp() }})
    {%- elif kind == "timestamp_ns" -%}
    case when isfinite({{ column }}) then cast({{ column }} as timestamp) end
    {%- else -%}
    {%- set moment = "cast(" ~ column ~ " as timestamp)" -%}
    {%- if kind == "timestamptz" -%}
        {%- set moment = "make_timestamp(epoch_us(" ~ column ~ "))" -%}
    {%- elif kind == "date" and var("reporting_timezone") != "UTC" -%}
        {%- set moment = retention.convert_timezone(moment, var("reporting_timezone"), "UTC") -%}
    {%- endif -%}
    case when {{ column }} between {{ kind }} '0001-01-01' and {{ kind }} '9999-12-31' then {{ moment }} end
    {%- endif -%}
{%- endmacro %}


{#- A column of a record as money. A double is rounded to cents as its text is, unless it is a number of
    cents to begin with. -#}
{% macro stored_amount(name, kinds) -%}
    {%- set kind = kinds.get(name) -%}
    {%- set column = name ~ "_stored" -%}
    {%- set amount = retention.try_cast(column, "decimal(18, 2)") -%}
    {%- if not kind -%}
    {{ retention.parse_amount(name) }}
    {%- elif kind == "missing" -%}
    cast(null as decimal(18, 2))
    {%- elif kind == "double" -%}
    case
            when abs({{ column }}) < 1e12 and cast({{ amount }} as double) = {{ column }} then {{ amount }}
            else {{ retention.try_cast("cast(" ~ column ~ " as varchar)", "decimal(18, 2)") }}
        end
    {%- else -%}
    {{ amount }}
    {%- endif -%}
{%- endmacro %}


{#- Is reading an input again cheaper than keeping what was read? Files of text and views are worked out each time. -#}
{% macro is_cheap_to_read(input) %}
    {% set kind = retention.input_kind(input) %}
    {% if not execute or var("source_format") != "generic" and retention.is_made_by_format(input) %}
        {{ return(false) }}
    {% elif kind == "file" %}
        {{ return(retention.file_type(retention.input_value(input)) == "parquet") }}
    {% endif %}
    {% set relation = retention.input_relation(input) %}
    {{ return(relation is not none and relation.is_table) }}
{% endmacro %}


{#- Between `as` and the parenthesis of the step that reads an input. -#}
{% macro read_each_time(input) -%}
    {{- retention.not_materialized() if retention.is_cheap_to_read(input) -}}
{%- endmacro %}
