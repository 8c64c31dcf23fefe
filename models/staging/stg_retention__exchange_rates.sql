-- Exchange rates with the days on which they are valid: from their own date to the next rate's.

with

records as (
    select * from {{ ref("stg_retention__exchange_rate_records") }}
    where rejection_reason is null
),

final as (
    select
        currency,
        valid_from_date,
        lead(valid_from_date) over (partition by currency order by valid_from_date) as valid_until_date,
        rate
    from records
)

select * from final
