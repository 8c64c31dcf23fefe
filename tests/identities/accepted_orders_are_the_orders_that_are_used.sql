-- No order is lost between the input and the orders table that everything is built from, nor between that table and the
-- period snapshots: rows of the orders table = accepted orders, and orders in the snapshots = purchases of known
-- customers.

with

accepted as (
    select accepted
    from {{ ref("retention__data_quality") }}
    where input = 'raw_orders'
),

orders as (
    select
        count(*) as orders,
        coalesce(sum(case when is_purchase and customer_number is not null then 1 else 0 end), 0) as purchases
    from {{ ref("int_retention__orders") }}
),

snapshots as (
    select
        period_grain,
        sum(orders) as orders
    from {{ ref("retention__period_snapshots") }}
    where segment_dimension = 'all'
    group by 1
)

select
    accepted.accepted,
    orders.orders,
    orders.purchases,
    snapshots.period_grain,
    snapshots.orders as orders_of_snapshots
from accepted
cross join orders
left join snapshots
    on true
where
    accepted.accepted <> orders.orders
    or coalesce(snapshots.orders, 0) <> orders.purchases
