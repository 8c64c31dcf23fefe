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
