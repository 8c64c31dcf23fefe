{{ config(materialized="view") }}

{%- set columns = retention.input_columns("raw_exchange_rates") %}

-- Every exchange rate in the input, typed, with the first reason why it cannot be used, if any.

with

typed as (
    select
        -- texts
        upper({{ retention.text_column(columns, "currency") }}) as currency,

        -- times
        {{ retention.time_column(columns, "valid_from") }} as valid_from,
        {{ retention.date_column(columns, "valid_from") }} as valid_from_date,

        -- numbers
        {{ retention.number_column(columns, "rate", retention.type_rate()) }} as rate,

        -- what times and numbers were read from
        {{ retention.written_text(columns, "valid_from") }} as valid_from_text,
        {{ retention.written_text(columns, "rate") }} as rate_text
    from {{ retention.input_source("raw_exchange_rates") }}
),

checked as (
    select
        *,
        case
            {{- retention.reject_empty("currency") }}
            when valid_from is null and valid_from_text is null then 'valid_from is empty'
            when valid_from is null then 'valid_from is not a date or time'
            when rate is null and rate_text is null then 'rate is empty'
            when rate is null then 'rate is not a number below a million'
            when rate <= 0 then 'rate is not greater than zero'
        end as rejection_reason
    from typed
),

final as (
    select
        *,
        case
            when rejection_reason is not null then {{ retention.raw_record(["currency"], read=["valid_from", "rate"]) }}
        end as raw_record
    from checked
)

select * from final
