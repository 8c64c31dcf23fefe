-- Every order that is used, with its place in the customer's sequence and its revenue after refunds.

with

orders as (
    select * from {{ ref("int_retention__orders") }}
),

purchase_sequence as (
    select * from {{ ref("int_retention__purchase_sequence") }}
),

refunds as (
    select
        order_id,
        sum(amount) as refunds
    from {{ ref("int_retention__refunds") }}
    group by 1
),

final as (
    select
        orders.order_id,
        orders.customer_key,
        orders.order_date,
        cast(purchase_sequence.order_number as {{ dbt.type_bigint() }}) as order_number,
        cast(
            {{ dbt.datediff("purchase_sequence.previous_order_date", "purchase_sequence.order_date", "day") }}
            as {{ dbt.type_bigint() }}
        ) as days_since_previous_order,
        coalesce(purchase_sequence.order_number = 1, false) as is_first_order,
        orders.is_purchase,
        orders.currency,
        cast(orders.gross_revenue as {{ retention.type_amount() }}) as gross_revenue,
        cast(orders.discounts as {{ retention.type_amount() }}) as discounts,
        cast(coalesce(refunds.refunds, 0) as {{ retention.type_amount() }}) as refunds,
        cast(
            orders.gross_revenue - orders.discounts - coalesce(refunds.refunds, 0) as {{ retention.type_amount() }}
        ) as net_revenue
    from orders
    left join purchase_sequence
        on orders.order_id = purchase_sequence.order_id
    left join refunds
        on orders.order_id = refunds.order_id
)

select * from final
