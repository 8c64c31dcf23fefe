-- Every exchange rate that came in, typed, with the reason why it is not used, if there is one.

with

source_records as (
    {{ retention.source_records("raw_exchange_rates") }}
),

identified as (
    select
        *,
        upper(currency) || ' ' || valid_from as rate_id
    from source_records
),

distinct_records as (
    {{ retention.distinct_records("identified", "rate_id", retention.record_columns("raw_exchange_rates") + ["rate_id"]) }}
),

typed as (
    select
        *,
        {{ retention.parse_timestamp("valid_from") }} as valid_from_time,
        {{ retention.parse_number("rate", retention.type_rate()) }} as rate_value
    from distinct_records
),

checked as (
    select
        *,
        {{ retention.reporting_date("valid_from_time") }} as valid_from_date,
        case
            {{- retention.reject_by_format() }}
            {{- retention.reject_empty("currency") }}
            {{- retention.reject_empty("valid_from") }}
            when valid_from_time is null then 'valid_from is not a date or time'
            {{- retention.reject_empty("rate") }}
            when rate_value is null then 'rate is not a number below a million'
            when rate_value <= 0 then 'rate is not greater than zero'
        end as rejection_reason
    from typed
),

-- Two spellings of one date are one date: of several rates for it, the greatest is used.
settled as (
    select
        *,
        row_number() over (
            partition by upper(currency), valid_from_date, rejection_reason is null
            order by rate_value desc, {{ retention.record_columns("raw_exchange_rates") | join(", ") }}
        ) as version
    from checked
),

judged as (
    select
        *,
        case
            when rejection_reason is null and version > 1
                then 'another rate of this currency is used for this date'
            else rejection_reason
        end as reason
    from settled
),

final as (
    select
        upper(currency) as currency,
        valid_from_date,
        rate_value as rate,
        {{ retention.row_accounting("raw_exchange_rates") }}
    from judged
)

select * from final
