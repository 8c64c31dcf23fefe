{{ config(materialized="view") }}

-- Every order that is used, with its place in the customer's sequence and its revenue after refunds.

with

orders as (
    select * from {{ retention.in_this_database(ref("int_retention__orders")) }}
),

customer_keys as (
    select * from {{ retention.in_this_database(ref("int_retention__customer_keys")) }}
),

refunds as (
    select
        order_id,
        sum(amount) as refunds
    from {{ retention.in_this_database(ref("int_retention__refunds")) }}
    group by 1
),

final as (
    select
        orders.order_id,
        customer_keys.customer_key,
        orders.order_date,
        cast(orders.order_number as {{ dbt.type_bigint() }}) as order_number,
        cast({{ dbt.datediff("orders.previous_order_date", "orders.order_date", "day") }} as {{ dbt.type_bigint() }}) as days_since_previous_order,
        coalesce(orders.order_number = 1, false) as is_first_order,
        orders.is_purchase,
        orders.currency,
        cast(orders.gross_revenue as {{ retention.type_amount() }}) as gross_revenue,
        cast(orders.discounts as {{ retention.type_amount() }}) as discounts,
        cast(coalesce(refunds.refunds, 0) as {{ retention.type_amount() }}) as refunds,
        cast(orders.gross_revenue - orders.discounts - coalesce(refunds.refunds, 0) as {{ retention.type_amount() }}) as net_revenue
    from orders
    left join customer_keys
        on orders.customer_number = customer_keys.customer_number
    left join refunds
        on orders.order_id = refunds.order_id
)

select * from final
