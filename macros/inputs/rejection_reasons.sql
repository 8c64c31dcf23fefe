{#- Conditions of a CASE that gives the first reason why a record is not used. -#}

{#- The source format could make no usable record of the rows. -#}
{% macro reject_by_format() %}
        when format_rejection is not null then format_rejection
{%- endmacro %}


{#- The text is missing. -#}
{% macro reject_empty(column, name=none) %}
        when {{ column }} is null then '{{ name or column }} is empty'
{%- endmacro %}


{#- The text that a value would have been read from is missing. -#}
{% macro reject_empty_value(column, value, kinds) %}
        when {{ value }} is null and {{ retention.stored_text(column, kinds) }} is null then '{{ column }} is empty'
{%- endmacro %}


{#- The text is there, but it is no amount from zero to a trillion; larger ones are slips, and sums of them
    would overflow. The text is looked at last, as most records have a value. -#}
{% macro reject_amount(column, value, kinds={}) %}
        {%- set text = retention.stored_text(column, kinds) %}
        when {{ value }} is null and {{ text }} is not null
            then case
                when {{ retention.is_ambiguous_number(text) }}
                    then '{{ column }} has one separator, of thousands or of decimals: set decimal_separator'
                else '{{ column }} is not a number'
            end
        when {{ value }} < 0 then '{{ column }} is negative'
        when {{ value }} >= 1000000000000 then '{{ column }} is a trillion or more'
{%- endmacro %}


{#- The text is there, but it is no time between 1900 and the as-of date. Where none is set, a day of
    grace keeps orders of a time zone ahead of the server's. -#}
{% macro reject_time(column, value, kinds={}) %}
        {%- set date = retention.reporting_date(value) %}
        when {{ value }} is null
            then case
                when {{ retention.is_ambiguous_date(retention.stored_text(column, kinds)) }}
                    then '{{ column }} can be day/month or month/day: set date_order'
                else '{{ column }} is not a date or time'
            end
        when {{ date }} < cast('1900-01-01' as date) then '{{ column }} is before 1900'
        when {{ date }} > {{ dbt.dateadd("day", 1, "current_date") }} then '{{ column }} is in the future'
{%- if var("as_of_date") %}
        when {{ date }} > cast({{ retention.text_literal(var("as_of_date")) }} as date) then '{{ column }} is after the as-of date'
{%- endif %}
{%- endmacro %}


{#- The date lies in no period that is counted: after the as-of date, or before the first period that
    holds an order. Both come from `reporting_range`. -#}
{% macro reject_outside_range(column, date) %}
        when {{ date }} > as_of_date then '{{ column }} is after the as-of date'
        when {{ date }} < first_period_start then '{{ column }} is before the first period with an order'
{%- endmacro %}


{#- One row: from when to when a record that is no order can count. A week can start before its year. -#}
{% macro reporting_range(orders) %}
    select
        least(
            min(order_date)
            {%- for grain in retention.period_grains() %},
            {{ retention.period_start(grain, "min(order_date)") }}
            {%- endfor %}
        ) as first_period_start,
        {{ retention.as_of_date("order_date") }} as as_of_date
    from {{ orders }}
{%- endmacro %}


{#- The record as it came in, for people to look at: JSON without e-mail addresses. -#}
{% macro raw_record(input, kinds={}) %}
    {%- set labels = dict(zip(retention.attribute_columns(), retention.segment_columns())) -%}
    {%- set keys = [] -%}
    {%- set texts = [] -%}
    {%- for column in retention.record_columns(input) if column != "email" -%}
        {%- do keys.append(labels.get(column, column)) -%}
        {%- do texts.append(retention.stored_text(column, kinds)) -%}
    {%- endfor -%}
    {{- retention.redact_emails(retention.json_object(keys, texts)) -}}
{% endmacro %}
