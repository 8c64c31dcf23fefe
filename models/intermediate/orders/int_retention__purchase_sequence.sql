-- The purchases of known customers in the order they were made. Everything that is said about customers
-- over time follows from this one pass.

{%- set customer_purchases = "partition by customer_key order by ordered_at, order_id" %}

with

orders as (
    select * from {{ ref("int_retention__orders") }}
),

purchases as (
    select * from orders
    where is_purchase and customer_key is not null
),

sequenced as (
    select
        *,
        row_number() over ({{ customer_purchases }}) as order_number,
        lag(order_date) over ({{ customer_purchases }}) as previous_order_date,
        lead(order_date) over ({{ customer_purchases }}) as next_order_date
    from purchases
),

final as (
    select
        order_id,
        customer_key,
        order_date,
        order_number,
        previous_order_date,
        next_order_date,
        {{ retention.lapse_date("order_date") }} as lapse_date,
        gross_revenue,
        discounts,
        shipping,
        taxes,
        cost
    from sequenced
)

select * from final
