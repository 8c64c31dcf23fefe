-- Counting the customers of the dense view gives the closing customers that the movements add up to,
-- and its orders never exceed the period's. A period with nobody active has no rows in the view.

with

dense as (
    select
        period_grain,
        period_start,
        count(*) as active_customers,
        sum(orders) as orders
    from {{ ref("retention__customer_period_snapshots") }}
    group by 1, 2
),

snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
    where segment_dimension = 'all'
)

select
    snapshots.period_grain,
    snapshots.period_start,
    snapshots.closing_customers,
    dense.active_customers
from snapshots
full outer join dense
    on
        snapshots.period_grain = dense.period_grain
        and snapshots.period_start = dense.period_start
where
    snapshots.closing_customers is null
    or snapshots.closing_customers <> coalesce(dense.active_customers, 0)
    or snapshots.orders < coalesce(dense.orders, 0)
