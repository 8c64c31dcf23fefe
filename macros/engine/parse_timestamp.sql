{#- Text as a moment in UTC, NULL where it is no time or could be two. An offset that is written out is
    applied, a time without one is taken for UTC, and a date without a time is that day's start in the
    reporting time zone. -#}
{% macro parse_timestamp(text) %}
    {{- return(adapter.dispatch("parse_timestamp", "retention")(text)) -}}
{% endmacro %}


{#- Times in ISO 8601 are cast; only what is left is looked at more closely. -#}
{% macro duckdb__parse_timestamp(text) -%}
    coalesce(
            {{ retention.iso_time(text) }},
            case
                when {{ text }} is not null
                    then list_transform([{{ retention.iso_text(text) }}], lambda iso_text: {{ retention.iso_time("iso_text") }})[1]
            end
        )
{%- endmacro %}


{#- ISO 8601 text as a moment in UTC. -#}
{% macro iso_time(text) %}
    {%- set time_utc = retention.iso_time_utc(text) -%}
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


{#- Plain casts to timestamp ignore an offset, and casts with time zone read a missing one as the session's,
    so each takes its own texts. -#}
{% macro iso_time_utc(text) -%}
    case
            when {{ text }} like '____-__-__' or {{ text }} like '____-__-__ __:__:__' then try_cast({{ text }} as timestamp)
            when not regexp_matches({{ text }}, '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[T ]|$)') then null
            when regexp_matches({{ text }}, ':[0-9.]+ ?(?:[+-]|Z|UTC)')
                then make_timestamp(epoch_us(try_cast(replace(replace({{ text }}, ' +', '+'), ' -', '-') as timestamptz)))
            else try_cast({{ text }} as timestamp)
        end
{%- endmacro %}


{#- Other ways to write a date and a time, as ISO 8601 text: 31.01.2024, 20240131, 2024/1/31, 31/1/2024,
    Jan 31, 2024, each with a time after it or none. Of day and month with strokes or hyphens between, the
    one above 12 is the day; where neither is, or the year has two digits, `date_order` decides. -#}
{% macro iso_text(text) -%}
    {%- set day = "([0-9]{1,2})" -%}
    {%- set above_12 = "(1[3-9]|2[0-9]|3[01])" -%}
    {%- set year = "([0-9]{4})" -%}
    {%- set year_of_two = "([0-9]{2})" -%}
    {%- set time = "((?:[T ,].*)?)$" -%}
    {%- set ways = [
        ["^([0-9]{4})[/.]" ~ day ~ "[/.]" ~ day ~ time, "\\1-\\2-\\3\\4"],
        ["^([0-9]{4})([0-9]{2})([0-9]{2})T?([0-9]{2})([0-9]{2})([0-9]{2})(Z?)$", "\\1-\\2-\\3 \\4:\\5:\\6\\7"],
        ["^([0-9]{4})([0-9]{2})([0-9]{2})" ~ time, "\\1-\\2-\\3\\4"],
        ["^" ~ day ~ "[.]" ~ day ~ "[.]" ~ year ~ time, "\\3-\\2-\\1\\4"],
        ["^" ~ day ~ "[.]" ~ day ~ "[.]" ~ year_of_two ~ time, "20\\3-\\2-\\1\\4"],
        ["^" ~ above_12 ~ "[/-]" ~ day ~ "[/-]" ~ year ~ time, "\\3-\\2-\\1\\4"],
        ["^" ~ day ~ "[/-]" ~ above_12 ~ "[/-]" ~ year ~ time, "\\3-\\1-\\2\\4"],
    ] -%}
    {%- if var("date_order") -%}
        {%- set order = {"day_month": "-\\2-\\1\\4", "month_day": "-\\1-\\2\\4"}[var("date_order")] -%}
        {%- do ways.append(["^" ~ day ~ "[/-]" ~ day ~ "[/-]" ~ year ~ time, "\\3" ~ order]) -%}
        {%- do ways.append(["^" ~ day ~ "[/-]" ~ day ~ "[/-]" ~ year_of_two ~ time, "20\\3" ~ order]) -%}
    {%- endif -%}
    {%- set formats = [] -%}
    {%- for date in ["%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%b %d %Y", "%B %d, %Y"] -%}
        {%- do formats.extend([date, date ~ " %H:%M", date ~ " %H:%M:%S"]) -%}
    {%- endfor -%}
    case
            {%- for pattern, iso in ways %}
            when regexp_matches({{ text }}, '{{ pattern }}')
                then {{ retention.iso_clock("regexp_replace(" ~ text ~ ", '" ~ pattern ~ "', '" ~ iso ~ "')") }}
            {%- endfor %}
            when not regexp_matches({{ text }}, '^(?:[0-9]{1,2}[ -][A-Za-z]|[A-Za-z]+ [0-9])') then null
            when {{ text }} like '%:%'
                then strftime(try_strptime({{ text }}, {{ formats }}), '%Y-%m-%d %H:%M:%S')
            else strftime(try_strptime({{ text }}, {{ formats }}), '%Y-%m-%d')
        end
{%- endmacro %}


{#- A date with a time as ISO 8601 separates and counts them: no comma between, no AM and PM. -#}
{% macro iso_clock(text) -%}
    list_transform(
                    [regexp_replace({{ text }}, '^([0-9-]+)[T ,]+', '\1 ')],
                    lambda clock: coalesce(
                        strftime(try_strptime(upper(clock), ['%Y-%m-%d %I:%M %p', '%Y-%m-%d %I:%M:%S %p']), '%Y-%m-%d %H:%M:%S'), clock
                    )
                )[1]
{%- endmacro %}


{#- Is the text a date that could be two, as 1/2/2024 is? -#}
{% macro is_ambiguous_date(text) %}
    {{- return(adapter.dispatch("is_ambiguous_date", "retention")(text)) -}}
{% endmacro %}


{% macro default__is_ambiguous_date(text) -%}
    1 = 0
{%- endmacro %}


{% macro duckdb__is_ambiguous_date(text) -%}
    {%- if var("date_order") -%}
    1 = 0
    {%- else -%}
    {%- set upto_12 = "(?:0?[1-9]|1[0-2])" -%}
    regexp_matches({{ text }}, '^(?:{{ upto_12 }}[/-]{{ upto_12 }}[/-][0-9]{4}|[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{2})(?:[T ,]|$)')
    {%- endif -%}
{%- endmacro %}
