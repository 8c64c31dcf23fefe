{#- A value cast to another type, NULL where the cast fails. On several engines, dbt.safe_cast is a plain cast,
    which would stop the build. -#}
{% macro try_cast(value, type) %}
    {{- return(adapter.dispatch("try_cast", "retention")(value, type)) -}}
{% endmacro %}


{% macro default__try_cast(value, type) -%}
    try_cast({{ value }} as {{ type }})
{%- endmacro %}


{% macro postgres__try_cast(value, type) -%}
    case when pg_input_is_valid(cast({{ value }} as text), '{{ type }}') then cast({{ value }} as {{ type }}) end
{%- endmacro %}


{% macro bigquery__try_cast(value, type) -%}
    safe_cast({{ value }} as {{ type }})
{%- endmacro %}


{% macro clickhouse__try_cast(value, type) -%}
    accurateCastOrNull({{ value }}, '{{ type }}')
{%- endmacro %}


{% macro redshift__try_cast(value, type) -%}
    try_cast({{ value }} as {{ type }})
{%- endmacro %}
