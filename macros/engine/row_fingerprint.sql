{#- A whole number that stands for the values of a row: equal rows have equal ones. Sums of them tell whether a
    set of rows is still the same, whatever the order. -#}
{% macro row_fingerprint(columns) %}
    {{- return(adapter.dispatch("row_fingerprint", "retention")(columns)) -}}
{% endmacro %}


{% macro default__row_fingerprint(columns) -%}
    cast(hash({{ columns | join(", ") }}) as decimal(38, 0))
{%- endmacro %}


{% macro duckdb__row_fingerprint(columns) -%}
    hash({{ columns | join(", ") }})
{%- endmacro %}


{% macro postgres__row_fingerprint(columns) -%}
    hash_record_extended(row({{ columns | join(", ") }}), 0)
{%- endmacro %}


{% macro spark__row_fingerprint(columns) -%}
    cast(xxhash64({{ columns | join(", ") }}) as decimal(38, 0))
{%- endmacro %}


{% macro bigquery__row_fingerprint(columns) -%}
    cast(farm_fingerprint(to_json_string(struct({{ columns | join(", ") }}))) as numeric)
{%- endmacro %}


{% macro redshift__row_fingerprint(columns) -%}
    {%- set texts = [] -%}
    {%- for column in columns -%}
        {%- do texts.append("coalesce(cast(" ~ column ~ " as varchar), '\\0')") -%}
    {%- endfor -%}
    cast(farmfingerprint64({{ texts | join(" || '|' || ") }}) as decimal(38, 0))
{%- endmacro %}


{% macro trino__row_fingerprint(columns) -%}
    cast(from_big_endian_64(xxhash64(to_utf8(json_format(cast(row({{ columns | join(", ") }}) as json))))) as decimal(38, 0))
{%- endmacro %}


{% macro clickhouse__row_fingerprint(columns) -%}
    cast(cityHash64({{ columns | join(", ") }}) as Decimal(38, 0))
{%- endmacro %}


{#- The type of sums of fingerprints. -#}
{% macro type_fingerprint() %}
    {{- return(adapter.dispatch("type_fingerprint", "retention")()) -}}
{% endmacro %}


{% macro default__type_fingerprint() -%}
    decimal(38, 0)
{%- endmacro %}


{% macro duckdb__type_fingerprint() -%}
    hugeint
{%- endmacro %}
