-- The orders and the revenue of all periods of a grain are those of all purchases: nothing falls
-- between two periods, and known and unattributed together are the shop's total. Refunds that name no order are
-- nobody's.

with

purchases as (
    select
        sum(case when customer_key is not null then 1 else 0 end) as orders,
        sum(case when customer_key is null then 1 else 0 end) as unattributed_orders,
        sum(case when customer_key is not null then net_revenue else 0 end) as net_revenue,
        sum(case when customer_key is null then net_revenue else 0 end) as unattributed_net_revenue,
        sum(case when customer_key is not null then refunds else 0 end) as refunds
    from {{ ref("retention__orders") }}
    where is_purchase
),

refunds_of_no_order as (
    select coalesce(sum(amount), 0) as amount
    from {{ ref("int_retention__refunds") }}
    where order_id is null
),

periods as (
    select
        period_grain,
        sum(orders) as orders,
        sum(unattributed_orders) as unattributed_orders,
        sum(net_revenue) as net_revenue,
        sum(unattributed_net_revenue) as unattributed_net_revenue,
        sum(refunds) as refunds
    from {{ ref("retention__period_snapshots") }}
    where segment_dimension = 'all'
    group by 1
)

select periods.*
from periods
cross join purchases
cross join refunds_of_no_order
where
    periods.orders <> purchases.orders
    or periods.unattributed_orders <> purchases.unattributed_orders
    or periods.net_revenue <> purchases.net_revenue
    or periods.unattributed_net_revenue <> purchases.unattributed_net_revenue - refunds_of_no_order.amount
    or periods.refunds <> purchases.refunds
