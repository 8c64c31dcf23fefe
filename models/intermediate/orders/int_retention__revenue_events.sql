{{ config(materialized="view") }}

-- What changes revenue: purchases on their order date and refunds on the date they count, of known
-- customers and of nobody known (customer_key is NULL).

with

orders as (
    select * from {{ ref("int_retention__orders") }}
),

purchase_sequence as (
    select * from {{ ref("int_retention__purchase_sequence") }}
),

refunds as (
    select * from {{ ref("int_retention__refunds") }}
),

known_purchases as (
    select
        customer_key,
        order_date as revenue_date,
        order_number,
        1 as orders,
        gross_revenue,
        discounts,
        cast(0 as {{ retention.type_amount() }}) as refunds,
        cast(gross_revenue - discounts as {{ retention.type_amount() }}) as net_revenue,
        cast(gross_revenue - discounts + shipping + taxes as {{ retention.type_amount() }}) as total_revenue,
        cast(gross_revenue - discounts - cost as {{ retention.type_amount() }}) as margin,
        lapse_date,
        next_order_date
    from purchase_sequence
),

unattributed_purchases as (
    select
        customer_key,
        order_date as revenue_date,
        cast(null as {{ dbt.type_bigint() }}) as order_number,
        1 as orders,
        gross_revenue,
        discounts,
        cast(0 as {{ retention.type_amount() }}) as refunds,
        cast(gross_revenue - discounts as {{ retention.type_amount() }}) as net_revenue,
        cast(gross_revenue - discounts + shipping + taxes as {{ retention.type_amount() }}) as total_revenue,
        cast(gross_revenue - discounts - cost as {{ retention.type_amount() }}) as margin,
        cast(null as date) as lapse_date,
        cast(null as date) as next_order_date
    from orders
    where is_purchase and customer_key is null
),

refunded as (
    select
        customer_key,
        revenue_date,
        order_number,
        0 as orders,
        cast(0 as {{ retention.type_amount() }}) as gross_revenue,
        cast(0 as {{ retention.type_amount() }}) as discounts,
        amount as refunds,
        cast(-amount as {{ retention.type_amount() }}) as net_revenue,
        cast(-amount as {{ retention.type_amount() }}) as total_revenue,
        cast(-amount as {{ retention.type_amount() }}) as margin,
        cast(null as date) as lapse_date,
        cast(null as date) as next_order_date
    from refunds
),

final as (
    select * from known_purchases
    union all
    select * from unattributed_purchases
    union all
    select * from refunded
)

select * from final
