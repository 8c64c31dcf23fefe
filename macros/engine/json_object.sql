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
