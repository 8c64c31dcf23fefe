{#- An expression in which a name stands for a value, so that the value is computed once. -#}
{% macro with_value(name, value, expression) %}
    {{- return(adapter.dispatch("with_value", "retention")(name, value, expression)) -}}
{% endmacro %}


{% macro default__with_value(name, value, expression) -%}
    (select {{ expression }} from (select {{ value }} as {{ name }}) as named_value)
{%- endmacro %}


{#- A subquery would be planned as a join. -#}
{% macro duckdb__with_value(name, value, expression) -%}
    list_transform([{{ value }}], lambda {{ name }}: {{ expression }})[1]
{%- endmacro %}


{#- Without `offset 0` the value would be put in place of its name. -#}
{% macro postgres__with_value(name, value, expression) -%}
    (select {{ expression }} from (select {{ value }} as {{ name }} offset 0) as named_value)
{%- endmacro %}


{% macro trino__with_value(name, value, expression) -%}
    transform(array[{{ value }}], {{ name }} -> {{ expression }})[1]
{%- endmacro %}


{% macro spark__with_value(name, value, expression) -%}
    transform(array({{ value }}), {{ name }} -> {{ expression }})[0]
{%- endmacro %}


{% macro clickhouse__with_value(name, value, expression) -%}
    arrayMap({{ name }} -> {{ expression }}, [{{ value }}])[1]
{%- endmacro %}


{% macro redshift__with_value(name, value, expression) -%}
    {{ retention.default__with_value(name, value, expression) }}
{%- endmacro %}
