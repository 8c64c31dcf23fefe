{#- A number of its own for every row of a large relation, in no order that matters. -#}
{% macro row_numbers(key) %}
    {{- return(adapter.dispatch("row_numbers", "retention")(key)) -}}
{% endmacro %}


{% macro default__row_numbers(key) -%}
    row_number() over (order by {{ key }})
{%- endmacro %}


{#- Sorting is what takes time. -#}
{% macro duckdb__row_numbers(key) -%}
    row_number() over ()
{%- endmacro %}


{#- A window over all rows would run on one executor. -#}
{% macro spark__row_numbers(key) -%}
    monotonically_increasing_id()
{%- endmacro %}
