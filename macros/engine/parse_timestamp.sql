{#- Text as a moment in UTC, NULL where it is no time. An offset that is written out is applied, a time
    without one is taken for UTC, and a date without a time is that day's start in the reporting time zone. -#}
{% macro parse_timestamp(text) %}
    {%- set time_utc = adapter.dispatch("parse_timestamp_utc", "retention")(text) -%}
    {%- if var("reporting_timezone") == "UTC" -%}
    {{ time_utc }}
    {%- else -%}
    case
        when {{ text }} like '%:%' then {{ time_utc }}
        else {{ retention.convert_timezone(time_utc, var("reporting_timezone"), "UTC") }}
    end
    {%- endif -%}
{% endmacro %}


{#- The calendar date of a moment in UTC, in the reporting time zone: converted first, cut after. -#}
{% macro reporting_date(moment) -%}
    {%- if var("reporting_timezone") == "UTC" -%}
    cast({{ moment }} as date)
    {%- else -%}
    cast({{ retention.convert_timezone(moment, "UTC", var("reporting_timezone")) }} as date)
    {%- endif -%}
{%- endmacro %}


{#- Plain casts to timestamp ignore an offset, and casts with time zone read a missing one as the
    session's, so each takes its own texts. The first character keeps out words such as "epoch". -#}
{% macro duckdb__parse_timestamp_utc(text) -%}
    case
        when left({{ text }}, 1) not between '0' and '9' then null
        when contains({{ text }}, ':') and regexp_matches({{ text }}, ':[0-9.]+ ?([+-]|Z|UTC)')
            then make_timestamp(epoch_us(try_cast(replace(replace({{ text }}, ' +', '+'), ' -', '-') as timestamptz)))
        else try_cast({{ text }} as timestamp)
    end
{%- endmacro %}
