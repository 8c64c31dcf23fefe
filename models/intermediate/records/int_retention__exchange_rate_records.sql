-- Every exchange rate in the input, and its outcome: used, a copy, or the first reason why it is not used. Of
-- several rates of a currency for one day, the highest is used.

with

exchange_rates as (
    select * from {{ ref("stg_retention__exchange_rates") }}
),

numbered as (
    select
        *,
        row_number() over (partition by currency, valid_from, rate, raw_record order by currency) as copy_number
    from exchange_rates
),

versioned as (
    select
        *,
        row_number() over (
            partition by currency, valid_from_date, copy_number, rejection_reason is null
            order by rate desc, valid_from desc
        ) as version
    from numbered
),

final as (
    select
        currency,
        valid_from_date,
        rate,
        copy_number > 1 as is_copy,
        case
            when rejection_reason is not null then rejection_reason
            when copy_number = 1 and version > 1 then 'another rate of this currency is used for this date'
        end as rejection_reason,
        case
            when raw_record is not null then raw_record
            when copy_number = 1 and version > 1
                then {{ retention.raw_record(["currency"], values=["valid_from", "rate"]) }}
        end as raw_record
    from versioned
)

select * from final
