{#- Columns as one JSON object in text form, keys in the order given. -#}
{% macro json_object(columns) %}
    {{- return(adapter.dispatch("json_object", "retention")(columns)) -}}
{% endmacro %}


{% macro default__json_object(columns) -%}
    cast(json_object(
        {%- for column in columns %}
        '{{ column }}', {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    ) as {{ dbt.type_string() }})
{%- endmacro %}
