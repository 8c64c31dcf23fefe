{{ config(materialized="view") }}

-- Exchange rates with the days on which they are valid: from their own date to the day before the next rate's.

with

exchange_rate_records as (
    select * from {{ ref("int_retention__exchange_rate_records") }}
    where rejection_reason is null and not is_copy
),

final as (
    select
        currency,
        valid_from_date,
        coalesce(
            lead(valid_from_date) over (partition by currency order by valid_from_date), cast('9999-12-31' as date)
        ) as valid_until_date,
        rate
    from exchange_rate_records
)

select * from final
