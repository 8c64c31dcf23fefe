{#- A time without time zone, converted from one time zone to another. -#}
{% macro convert_timezone(timestamp, from_zone, to_zone) %}
    {{- return(adapter.dispatch("convert_timezone", "retention")(
        timestamp, retention.text_literal(from_zone), retention.text_literal(to_zone)
    )) -}}
{% endmacro %}


{% macro default__convert_timezone(timestamp, from_zone, to_zone) -%}
    convert_timezone({{ from_zone }}, {{ to_zone }}, {{ timestamp }})
{%- endmacro %}


{% macro duckdb__convert_timezone(timestamp, from_zone, to_zone) -%}
    ({{ timestamp }} at time zone {{ from_zone }} at time zone {{ to_zone }})
{%- endmacro %}


{% macro postgres__convert_timezone(timestamp, from_zone, to_zone) -%}
    ({{ timestamp }} at time zone {{ from_zone }} at time zone {{ to_zone }})
{%- endmacro %}


{% macro trino__convert_timezone(timestamp, from_zone, to_zone) -%}
    cast(with_timezone({{ timestamp }}, {{ from_zone }}) at time zone {{ to_zone }} as timestamp(6))
{%- endmacro %}


{% macro bigquery__convert_timezone(timestamp, from_zone, to_zone) -%}
    datetime(timestamp({{ timestamp }}, {{ from_zone }}), {{ to_zone }})
{%- endmacro %}


{% macro clickhouse__convert_timezone(timestamp, from_zone, to_zone) -%}
    toTimeZone(toDateTime64(toString({{ timestamp }}), 6, {{ from_zone }}), {{ to_zone }})
{%- endmacro %}


{% macro redshift__convert_timezone(timestamp, from_zone, to_zone) -%}
    {{ retention.default__convert_timezone(timestamp, from_zone, to_zone) }}
{%- endmacro %}
