-- The number of customers in the dense view equals the closing customers that their movements add up to. If the
-- setting tested_customers leaves nobody out, that is all closing customers, and the view never has more orders than
-- the period. Every movement is by a known customer, in a period that has a snapshot.

with

dense as (
    select
        period_grain,
        period_start,
        count(*) as active_customers,
        sum(orders) as orders
    from {{ retention.sampled_customers(ref("retention__customer_period_snapshots")) }}
    group by 1, 2
),

movements as (
    select
        tested_customers.period_grain,
        tested_customers.period_start,
        sum(case when tested_customers.movement = 'lost' then -1 else 1 end) as change,
        sum(case when customers.customer_key is null then 1 else 0 end) as moves_of_nobody
    from {{ retention.sampled_customers(ref("retention__customer_movements")) }}
    left join {{ ref("retention__customers") }} as customers
        on tested_customers.customer_key = customers.customer_key
    group by 1, 2
),

customers as (
    select count(*) <= {{ var("tested_customers") }} as all_are_tested
    from {{ ref("retention__customers") }}
),

all_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
    where segment_dimension = 'all'
),

snapshots as (
    select
        period_snapshots.period_grain,
        period_snapshots.period_start,
        period_snapshots.closing_customers,
        period_snapshots.orders,
        sum(coalesce(movements.change, 0)) over (
            partition by period_snapshots.period_grain order by period_snapshots.period_start
        ) as moved_customers,
        coalesce(movements.moves_of_nobody, 0) as moves_of_nobody
    from all_snapshots as period_snapshots
    full outer join movements
        on
            period_snapshots.period_grain = movements.period_grain
            and period_snapshots.period_start = movements.period_start
)

select
    snapshots.*,
    dense.active_customers
from snapshots
full outer join dense
    on
        snapshots.period_grain = dense.period_grain
        and snapshots.period_start = dense.period_start
cross join customers
where
    snapshots.period_start is null
    or snapshots.moves_of_nobody > 0
    or snapshots.moved_customers <> coalesce(dense.active_customers, 0)
    or (
        customers.all_are_tested
        and (
            snapshots.closing_customers <> coalesce(dense.active_customers, 0)
            or snapshots.orders < coalesce(dense.orders, 0)
        )
    )
