-- One row: the first order date and the as-of date, between which everything is counted.

with

orders as (
    select * from {{ ref("int_retention__orders") }}
),

final as (
    select
        min(order_date) as first_order_date,
        {{ retention.as_of_date("order_date") }} as as_of_date
    from orders
)

select * from final
