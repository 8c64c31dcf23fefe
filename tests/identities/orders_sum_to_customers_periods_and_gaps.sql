-- The purchases of known customers are the same in orders, customers and the periods of each grain, every later one ends an
-- order gap, and known and unattributed purchases together are the shop's total. Refunds that name no order are
-- unattributed. This is one test because it reads all orders; its rows show both sides of each mismatch.

with

of_orders as (
    select
        sum(case when is_purchase and customer_key is not null then 1 else 0 end) as orders,
        sum(case when is_purchase and customer_key is null then 1 else 0 end) as unattributed_orders,
        sum(case when is_purchase and customer_key is not null then net_revenue else 0 end) as net_revenue,
        sum(case when is_purchase and customer_key is null then net_revenue else 0 end) as unattributed_net_revenue,
        sum(case when is_purchase and customer_key is not null then refunds else 0 end) as refunds,
        count(distinct case when is_purchase and customer_key is not null then customer_number end) as customers,
        sum(case when order_number > 1 then 1 else 0 end) as gaps,
        sum(case when order_number > 1 and days_since_previous_order > 0 then 1 else 0 end) as gaps_of_days
    from {{ ref("retention__orders") }}
),

of_refunds as (
    select coalesce(sum(amount), 0) as amount_of_no_order
    from {{ ref("int_retention__refunds") }}
    where order_id is null
),

of_customers as (
    select
        count(*) as customers,
        coalesce(sum(orders), 0) as orders,
        coalesce(sum(net_revenue), 0) as net_revenue
    from {{ ref("retention__customers") }}
),

of_periods as (
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
),

of_gaps as (
    select
        same_day_orders,
        min(gaps) as fewest_gaps,
        max(gaps) as most_gaps
    from {{ ref("retention__order_gaps") }}
    group by 1
),

expected as (
    select
        of_orders.*,
        of_orders.unattributed_net_revenue - of_refunds.amount_of_no_order as net_revenue_of_nobody
    from of_orders
    cross join of_refunds
)

select
    expected.*,
    of_customers.customers as customers_of_customers,
    of_customers.orders as orders_of_customers,
    of_customers.net_revenue as net_revenue_of_customers,
    of_periods.period_grain,
    of_periods.orders as orders_of_periods,
    of_periods.unattributed_orders as unattributed_orders_of_periods,
    of_periods.net_revenue as net_revenue_of_periods,
    of_periods.unattributed_net_revenue as net_revenue_of_nobody_of_periods,
    of_periods.refunds as refunds_of_periods,
    of_gaps.same_day_orders,
    of_gaps.fewest_gaps,
    of_gaps.most_gaps
from expected
cross join of_customers
left join of_periods
    on true
left join of_gaps
    on true
where
    coalesce(expected.customers, 0) <> of_customers.customers
    or coalesce(expected.orders, 0) <> of_customers.orders
    or coalesce(expected.net_revenue, 0) <> of_customers.net_revenue
    or expected.orders <> of_periods.orders
    or expected.unattributed_orders <> of_periods.unattributed_orders
    or expected.net_revenue <> of_periods.net_revenue
    or expected.net_revenue_of_nobody <> of_periods.unattributed_net_revenue
    or expected.refunds <> of_periods.refunds
    or of_gaps.fewest_gaps <> of_gaps.most_gaps
    or of_gaps.most_gaps <> case of_gaps.same_day_orders when 'kept' then expected.gaps else expected.gaps_of_days end
