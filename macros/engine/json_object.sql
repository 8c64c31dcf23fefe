{#- Keys and values as one JSON object in text form, in the order given; without values, those of the columns that
    the keys name. -#}
{% macro json_object(keys, values=none) %}
    {{- return(adapter.dispatch("json_object", "retention")(keys, values or keys)) -}}
{% endmacro %}


{% macro default__json_object(keys, values) -%}
    cast(json_object(
        {%- for key, value in zip(keys, values) %}
        {{ retention.text_literal(key) }}, {{ value }}{{ "," if not loop.last }}
        {%- endfor %}
    ) as {{ dbt.type_string() }})
{%- endmacro %}


{#- Each key with its value, as most object-building functions take them. -#}
{% macro keys_and_values(keys, values, separator=",") -%}
    {%- for key, value in zip(keys, values) -%}
    {{ retention.text_literal(key) }}{{ separator }} {{ value }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- Snowflake sorts the keys. -#}
{% macro snowflake__json_object(keys, values) -%}
    to_json(object_construct_keep_null({{ retention.keys_and_values(keys, values) }}))
{%- endmacro %}


{% macro redshift__json_object(keys, values) -%}
    json_serialize(object({{ retention.keys_and_values(keys, values) }}))
{%- endmacro %}


{% macro bigquery__json_object(keys, values) -%}
    to_json_string(json_object({{ retention.keys_and_values(keys, values) }}))
{%- endmacro %}


{% macro spark__json_object(keys, values) -%}
    to_json(named_struct({{ retention.keys_and_values(keys, values) }}), map('ignoreNullFields', 'false'))
{%- endmacro %}


{% macro trino__json_object(keys, values) -%}
    json_object({{ retention.keys_and_values(keys, values, separator=":") }})
{%- endmacro %}


{% macro clickhouse__json_object(keys, values) -%}
    toJSONString(map({{ retention.keys_and_values(keys, values) }}))
{%- endmacro %}


{#- Assembled by hand, as PostgreSQL's JSON functions write blanks after colons and commas. -#}
{% macro postgres__json_object(keys, values) -%}
    '{' || concat_ws(
        ',',
        {%- for key, value in zip(keys, values) %}
        cast(to_json(cast({{ retention.text_literal(key) }} as text)) as text)
        || ':' || coalesce(cast(to_json({{ value }}) as text), 'null'){{ "," if not loop.last }}
        {%- endfor %}
    ) || '}'
{%- endmacro %}
