{#- Branches of a CASE that gives the first reason why an input row is not used. -#}

{#- A text is missing. -#}
{% macro reject_empty(column) %}
            when {{ column }} is null then '{{ column }} is empty'
{%- endmacro %}


{#- A time is missing, cannot be read, or is out of range. If no as-of date is set, one day of grace keeps orders from
    time zones ahead of the server's. -#}
{% macro reject_time(column, date) %}
            when {{ column }} is null and {{ column }}_text is null then '{{ column }} is empty'
            when {{ column }} is null then '{{ column }} is not a date or time'
            when {{ date }} < cast('1900-01-01' as date) then '{{ column }} is before 1900'
            when {{ date }} > {{ dbt.dateadd("day", 1, "current_date") }} then '{{ column }} is in the future'
{%- if var("as_of_date") %}
            when {{ date }} > cast({{ retention.text_literal(var("as_of_date")) }} as date) then '{{ column }} is after the as-of date'
{%- endif %}
{%- endmacro %}


{#- A required amount is missing. -#}
{% macro reject_no_amount(column) %}
            when {{ column }} is null and {{ column }}_text is null then '{{ column }} is empty'
{%- endmacro %}


{#- An amount is present but not between zero and a trillion; larger ones are mistakes, and their sums would
    overflow. -#}
{% macro reject_amount(column) %}
            when {{ column }} is null and {{ column }}_text is not null
                then '{{ column }} is not a number'
            when {{ column }} < 0 then '{{ column }} is negative'
            when {{ column }} >= 1000000000000 then '{{ column }} is a trillion or more'
{%- endmacro %}


{#- Amounts cannot be converted to the reporting currency. -#}
{% macro reject_unconverted(date, largest_amount) %}
            when exchange_rate is null and reporting_currency is null
                then 'several currencies came in and reporting_currency is not set'
            when exchange_rate is null then 'no exchange rate of the currency is valid on {{ date }}'
            when exchange_rate <> 1 and {{ retention.exact_conversion(largest_amount) }} >= 1000000000000
                then 'an amount is a trillion or more in the reporting currency'
{%- endmacro %}


{#- The fields that a reason can refer to, for people to look at: JSON of columns, without e-mail addresses. Those in
    `texts` are texts, those in `read` were read from `<name>_text`, those in `values` are shown as they were read. -#}
{% macro raw_record(texts, read=[], values=[]) -%}
    {%- set shown = texts | list -%}
    {%- for column in read -%}
        {%- do shown.append("coalesce(" ~ column ~ "_text, cast(" ~ column ~ " as " ~ dbt.type_string() ~ "))") -%}
    {%- endfor -%}
    {%- for column in values -%}
        {%- do shown.append("cast(" ~ column ~ " as " ~ dbt.type_string() ~ ")") -%}
    {%- endfor -%}
    {{ retention.redact_emails(retention.json_object(texts + read + values, shown)) }}
{%- endmacro %}
