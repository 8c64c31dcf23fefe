{#- A UTC timestamp from ISO 8601 text (2026-01-31, 2026-01-31 17:30, 2026-01-31T17:30:00.5Z, ...+02:00), NULL for other
    text. An offset is applied; a time without one is in UTC. -#}
{% macro iso_time(text) %}
    {{- return(adapter.dispatch("iso_time", "retention")(text)) -}}
{% endmacro %}


{#- Casts accept more than ISO 8601, and each engine something different. -#}
{% macro default__iso_time(text) -%}
    case
        when {{ retention.matches_pattern(text, retention.iso_pattern()) }} then {{ retention.try_cast(text, "timestamp") }}
    end
{%- endmacro %}


{#- A cast to timestamp ignores an offset, and one with time zone takes a missing one for the session's. Most texts have one
    of two lengths that cannot include an offset. Engines do not read an offset after minutes, after a blank or without a
    colon, so these are normalised first. -#}
{% macro duckdb__iso_time(text) -%}
    case
            when not {{ retention.matches_pattern(text, retention.iso_pattern()) }} then null
            when length({{ text }}) <= 16 or length({{ text }}) = 19 and substring({{ text }}, 17, 1) = ':'
                then try_cast({{ text }} as timestamp)
            when not regexp_matches({{ text }}, '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$') then try_cast({{ text }} as timestamp)
            else try_cast(
                regexp_replace(
                    regexp_replace({{ text }}, '^(.{16})( ?[Z+-])', '\1:00\2'), ' ?([+-][0-9]{2}):?([0-9]{2})$', '\1:\2'
                ) as timestamptz
            ) at time zone 'UTC'
        end
{%- endmacro %}


{#- A cast to timestamp ignores an offset, and one with time zone takes a missing one for the session's. -#}
{% macro postgres__iso_time(text) -%}
    case
        when not {{ retention.matches_pattern(text, retention.iso_pattern()) }} then null
        when length({{ text }}) > 16 and {{ retention.matches_pattern(text, "(Z|[+-][0-9]{2}(:?[0-9]{2})?)$") }}
            then {{ retention.try_cast(text, "timestamptz") }} at time zone 'UTC'
        else {{ retention.try_cast(text, "timestamp") }}
    end
{%- endmacro %}


{#- Spark reads an offset after seconds only. -#}
{% macro spark__iso_time(text) -%}
    {%- set with_seconds = retention.replace_pattern(text, "^(.{16})( ?[Z+-])", "\\1:00\\2") -%}
    case
        when {{ retention.matches_pattern(text, retention.iso_pattern()) }} then {{ retention.try_cast(with_seconds, "timestamp") }}
    end
{%- endmacro %}


{% macro redshift__iso_time(text) -%}
    {{ retention.default__iso_time(text) }}
{%- endmacro %}


{#- Engines disagree on years before 1000, on 24:00, on second 60 and on offsets of more than 14 hours; these give NULL. -#}
{% macro iso_pattern() %}
    {{- return(
        "^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
        ~ "([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?( ?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?))?)?$"
    ) -}}
{% endmacro %}


{#- A timestamp with time zone, converted to UTC. -#}
{% macro utc_time(moment) %}
    {{- return(adapter.dispatch("utc_time", "retention")(moment)) -}}
{% endmacro %}


{% macro default__utc_time(moment) -%}
    {{ moment }} at time zone 'UTC'
{%- endmacro %}


{#- Spark's timestamps are points in time, and the session's time zone is UTC. -#}
{% macro spark__utc_time(moment) -%}
    {{ moment }}
{%- endmacro %}
