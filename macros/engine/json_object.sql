{#- Columns as one JSON object in text form, in the order given; `labels` gives a column another key. -#}
{% macro json_object(columns, labels={}) %}
    {{- return(adapter.dispatch("json_object", "retention")(columns, labels)) -}}
{% endmacro %}


{% macro default__json_object(columns, labels) -%}
    cast(json_object(
        {%- for column in columns %}
        {{ retention.text_literal(labels.get(column, column)) }}, {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    ) as {{ dbt.type_string() }})
{%- endmacro %}


{#- The columns as keys and values, which is what most functions that make objects take. -#}
{% macro keys_and_values(columns, labels, separator=",") -%}
    {%- for column in columns -%}
    {{ retention.text_literal(labels.get(column, column)) }}{{ separator }} {{ column }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- Snowflake sorts the keys. -#}
{% macro snowflake__json_object(columns, labels) -%}
    to_json(object_construct_keep_null({{ retention.keys_and_values(columns, labels) }}))
{%- endmacro %}


{% macro redshift__json_object(columns, labels) -%}
    json_serialize(object({{ retention.keys_and_values(columns, labels) }}))
{%- endmacro %}


{% macro bigquery__json_object(columns, labels) -%}
    to_json_string(json_object({{ retention.keys_and_values(columns, labels) }}))
{%- endmacro %}


{% macro spark__json_object(columns, labels) -%}
    to_json(named_struct({{ retention.keys_and_values(columns, labels) }}), map('ignoreNullFields', 'false'))
{%- endmacro %}


{% macro trino__json_object(columns, labels) -%}
    json_object({{ retention.keys_and_values(columns, labels, separator=":") }})
{%- endmacro %}


{% macro clickhouse__json_object(columns, labels) -%}
    toJSONString(map({{ retention.keys_and_values(columns, labels) }}))
{%- endmacro %}


{#- Put together by hand, as the JSON functions of PostgreSQL write blanks after colons and commas. -#}
{% macro postgres__json_object(columns, labels) -%}
    '{' || concat_ws(
        ',',
        {%- for column in columns %}
        cast(to_json(cast({{ retention.text_literal(labels.get(column, column)) }} as text)) as text)
        || ':' || coalesce(cast(to_json({{ column }}) as text), 'null'){{ "," if not loop.last }}
        {%- endfor %}
    ) || '}'
{%- endmacro %}
