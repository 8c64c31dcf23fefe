-- Every status in the input, and how its orders are treated. It includes older versions of records and rows that
-- are not used, as it shows what the source writes.

with

orders as (
    select * from {{ ref("stg_retention__orders") }}
),

statuses as (
    select
        status,
        count(*) as records,
        coalesce(sum(gross_amount), 0) as gross_amount
    from orders
    group by 1
),

final as (
    select
        coalesce(status, '(none)') as status,
        {{ retention.treatment_of_status("status") }} as treatment,
        cast(records as {{ dbt.type_bigint() }}) as records,
        cast(gross_amount as {{ retention.type_money() }}) as gross_amount
    from statuses
)

select * from final
