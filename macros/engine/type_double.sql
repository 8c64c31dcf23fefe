{#- The engine's floating point type of 64 bits (dbt.type_float is one of 32 bits on some engines). -#}
{% macro type_double() %}
    {{ return(adapter.dispatch("type_double", "retention")()) }}
{% endmacro %}


{% macro default__type_double() %}
    {{ return("double precision") }}
{% endmacro %}


{% macro spark__type_double() %}
    {{ return("double") }}
{% endmacro %}


{% macro trino__type_double() %}
    {{ return("double") }}
{% endmacro %}


{% macro bigquery__type_double() %}
    {{ return("float64") }}
{% endmacro %}


{% macro clickhouse__type_double() %}
    {{ return("Nullable(Float64)") }}
{% endmacro %}
