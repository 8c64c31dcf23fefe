{#- Text as a moment in UTC, NULL where it is no time or could be two. An offset that is written out is
    applied, a time without one is taken for UTC, and a date without a time is that day's start in the
    reporting time zone. Times in ISO 8601 are cast; only what is left is looked at more closely. -#}
{% macro parse_timestamp(text) -%}
    coalesce(
            {{ retention.iso_time(text) }},
            case
                when {{ text }} is not null
                    then {{ retention.with_value("iso_text", retention.iso_text(text), retention.iso_time("iso_text")) }}
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


{#- Engines read more than ISO 8601, each of them something else, so only texts of that form are cast. Casts
    to timestamp ignore an offset, and casts with time zone read a missing one as the session's, so each
    takes its own texts. -#}
{% macro iso_time_utc(text) %}
    {%- set date = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}" -%}
    {%- set minutes = "[T ] *[0-9]{1,2}:[0-5]?[0-9]" -%}
    {%- set seconds = ":[0-5]?[0-9](?:[.][0-9]+)?" -%}
    {%- set offset = "(?:Z| UTC| ?[-+](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)" -%}
    {{- return(adapter.dispatch("iso_time_utc", "retention")(
        text,
        retention.matches_pattern(text, "^" ~ date ~ "(?:" ~ minutes ~ "(?:" ~ seconds ~ ")?)?$"),
        retention.matches_pattern(text, "^" ~ date ~ minutes ~ seconds ~ offset ~ "$"),
    )) -}}
{% endmacro %}


{% macro default__iso_time_utc(text, is_without_offset, is_with_offset) -%}
    case
            when {{ is_with_offset }}
                then {{ retention.cast_time_with_offset(text) }}
            when {{ is_without_offset }} then {{ retention.try_cast(text, dbt.type_timestamp()) }}
        end
{%- endmacro %}


{% macro redshift__iso_time_utc(text, is_without_offset, is_with_offset) -%}
    {{ retention.default__iso_time_utc(text, is_without_offset, is_with_offset) }}
{%- endmacro %}


{#- Text with an offset as a time in UTC that has none. -#}
{% macro cast_time_with_offset(text) %}
    {{- return(adapter.dispatch("cast_time_with_offset", "retention")(text)) -}}
{% endmacro %}


{% macro default__cast_time_with_offset(text) -%}
    cast({{ retention.try_cast(text, "timestamp with time zone") }} at time zone 'UTC' as {{ dbt.type_timestamp() }})
{%- endmacro %}


{% macro snowflake__cast_time_with_offset(text) -%}
    cast(convert_timezone('UTC', try_to_timestamp_tz({{ text }})) as timestamp_ntz)
{%- endmacro %}


{% macro bigquery__cast_time_with_offset(text) -%}
    datetime(safe_cast({{ text }} as timestamp), 'UTC')
{%- endmacro %}


{% macro spark__cast_time_with_offset(text) -%}
    cast(to_utc_timestamp(try_cast({{ text }} as timestamp), current_timezone()) as timestamp_ntz)
{%- endmacro %}


{% macro clickhouse__cast_time_with_offset(text) -%}
    parseDateTime64BestEffortOrNull({{ text }}, 6, 'UTC')
{%- endmacro %}


{% macro duckdb__iso_time_utc(text, is_without_offset, is_with_offset) -%}
    case
            when {{ text }} like '____-__-__' or {{ text }} like '____-__-__ __:__:__' then try_cast({{ text }} as timestamp)
            when {{ is_with_offset }}
                then make_timestamp(epoch_us(try_cast(replace(replace({{ text }}, ' +', '+'), ' -', '-') as timestamptz)))
            when {{ is_without_offset }} then try_cast({{ text }} as timestamp)
        end
{%- endmacro %}


{#- Spark knows no hour 24, which ends a day and begins the next. -#}
{% macro spark__iso_time_utc(text, is_without_offset, is_with_offset) -%}
    {%- set end_of_day = "([T ] *)24((?::0?0)+(?:[.]0+)?(?:[^0-9:.]|$))" -%}
    {%- set start_of_day = retention.replace_pattern(text, end_of_day, "\\100\\2") -%}
    case
            when {{ retention.matches_pattern(text, end_of_day) }}
                then {{ retention.default__iso_time_utc(start_of_day, is_without_offset, is_with_offset) }} + interval 1 day
            else {{ retention.default__iso_time_utc(text, is_without_offset, is_with_offset) }}
        end
{%- endmacro %}


{#- PostgreSQL rounds to microseconds, and knows no year 0; a year as far from any order stands in for it. -#}
{% macro postgres__iso_time_utc(text, is_without_offset, is_with_offset) -%}
    {%- set cut = retention.replace_pattern(
        retention.replace_pattern(text, "([.][0-9]{6})[0-9]+", "\\1"), "^0000-", "0004-"
    ) -%}
    case
            when {{ is_with_offset }} then {{ retention.try_cast(cut, "timestamptz") }} at time zone 'UTC'
            when {{ is_without_offset }} then {{ retention.try_cast(cut, "timestamp") }}
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
    {%- set dated -%}
        case
            {%- for pattern, iso in ways %}
            when {{ retention.matches_pattern(text, pattern) }} then {{ retention.replace_pattern(text, pattern, iso) }}
            {%- endfor %}
            when {{ retention.matches_pattern(text, "^(?:[0-9]{1,2}[ -][A-Za-z]|[A-Za-z]+ [0-9])") }}
                then {{ retention.with_value("lower_text", "lower(" ~ text ~ ")", retention.iso_text_of_named_month("lower_text")) }}
        end
    {%- endset -%}
    {%- set without_comma = retention.replace_pattern(dated, "^([0-9-]+)[T ,]+", "\\1 ") -%}
    {{- retention.with_value("clock", without_comma, retention.iso_clock("clock")) -}}
{%- endmacro %}


{#- A date in lower case with the month as a word, as ISO 8601 text. -#}
{% macro iso_text_of_named_month(text) -%}
    {%- set months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ] -%}
    {%- set names = [] -%}
    {%- for month in months -%}
        {%- do names.extend([month, month[:3]]) -%}
    {%- endfor -%}
    {%- set day = "([0-9]{1,2})" -%}
    {%- set month = "(" ~ names | unique | join("|") ~ ")" -%}
    {%- set year = "([0-9]{4})" -%}
    {%- set time = "((?: +[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2})?)?)$" -%}
    {%- set ways = [
        ["^" ~ day ~ " " ~ month ~ " " ~ year ~ time, "\\3-\\2-\\1\\4"],
        ["^" ~ day ~ "-" ~ month ~ "-" ~ year ~ time, "\\3-\\2-\\1\\4"],
        ["^" ~ month ~ " " ~ day ~ ",? " ~ year ~ time, "\\3-\\1-\\2\\4"],
    ] -%}
    {%- set dated = namespace(text=text) -%}
    {%- for pattern, iso in ways -%}
        {%- set dated.text = retention.replace_pattern(dated.text, pattern, iso) -%}
    {%- endfor -%}
    {%- set numbered -%}
        case
            {%- for month in months %}
            {%- set name = "-(?:" ~ [month, month[:3]] | unique | join("|") ~ ")-" %}
            when {{ retention.matches_pattern("dated_text", name) }}
                then {{ retention.replace_pattern("dated_text", name, "-" ~ "%02d" | format(loop.index) ~ "-") }}
            {%- endfor %}
        end
    {%- endset -%}
    {{- retention.with_value("dated_text", dated.text, numbered) -}}
{%- endmacro %}


{#- ISO 8601 text of a date and a time in which the time may be one of twelve hours, with AM or PM. -#}
{% macro iso_clock(text) -%}
    {%- set twelve_hours = "^([0-9-]+) (0?[1-9]|1[0-2]):([0-9]{1,2}(?::[0-9]{1,2})?) ([AaPp])[Mm]$" -%}
    {%- set hour = retention.replace_pattern(text, twelve_hours, "\\2") -%}
    case
            when not {{ retention.matches_pattern(text, twelve_hours) }} then {{ text }}
            when {{ retention.matches_pattern(text, " 12:.*[Aa][Mm]$") }}
                then {{ retention.replace_pattern(text, twelve_hours, "\\1 00:\\3") }}
            when {{ retention.matches_pattern(text, " 12:|[Aa][Mm]$") }}
                then {{ retention.replace_pattern(text, twelve_hours, "\\1 \\2:\\3") }}
            else
                {{ retention.replace_pattern(text, twelve_hours, "\\1 ") }}
                || (12 + {{ retention.try_cast(hour, "integer") }})
                || {{ retention.replace_pattern(text, twelve_hours, ":\\3") }}
        end
{%- endmacro %}


{#- Is the text a date that could be two, as 1/2/2024 is? -#}
{% macro is_ambiguous_date(text) -%}
    {%- if var("date_order") -%}
    1 = 0
    {%- else -%}
    {%- set upto_12 = "(?:0?[1-9]|1[0-2])" -%}
    {{- retention.matches_pattern(
        text,
        "^(?:" ~ upto_12 ~ "[/-]" ~ upto_12 ~ "[/-][0-9]{4}|[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{2})(?:[T ,]|$)",
    ) -}}
    {%- endif -%}
{%- endmacro %}
