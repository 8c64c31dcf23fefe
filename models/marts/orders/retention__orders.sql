{{ config(materialized="view") }}

-- Every order that is used, with its place in the customer's sequence and its revenue after refunds.

with

order_sequence as (
    select * from {{ ref("int_retention__order_sequence") }}
),

final as (
    select
        order_id,
        customer_key,
        order_date,
        cast(order_number as {{ dbt.type_bigint() }}) as order_number,
        cast({{ dbt.datediff("previous_order_date", "order_date", "day") }} as {{ dbt.type_bigint() }}) as days_since_previous_order,
        coalesce(order_number = 1, false) as is_first_order,
        is_purchase,
        currency,
        cast(gross_revenue as {{ retention.type_amount() }}) as gross_revenue,
        cast(discounts as {{ retention.type_amount() }}) as discounts,
        cast(refunds as {{ retention.type_amount() }}) as refunds,
        cast(gross_revenue - discounts - refunds as {{ retention.type_amount() }}) as net_revenue
    from order_sequence
)

select * from final
