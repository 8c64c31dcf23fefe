-- Are the best customers leaving?
--
-- At the opening of each complete period, its active customers are ranked by their net revenue until then;
-- the best customers are the top fifth. Compare `churn_rate` between the two groups: a healthy shop loses
-- its best customers at a fraction of the rate of the others. If the rate of the best rises from period to
-- period, or approaches that of the others, they are leaving; `lost_revenue_share` is their share of the
-- revenue so far. Customers are ranked by their revenue before the period, so leaving during it cannot lower
-- anybody's rank. Latest period first.

with

orders as (
    select * from {{ ref("retention__orders") }}
    where is_purchase and customer_key is not null
),

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
    where segment_dimension = 'all' and is_complete and not is_warm_up
),

customer_movements as (
    select * from {{ ref("retention__customer_movements") }}
),

-- Long grains have few periods to rank customers in, short ones many; the last four complete periods of each
-- are enough to see the trend.
recent_periods as (
    select *
    from (
        select
            period_grain,
            period_start,
            period_end,
            row_number() over (partition by period_grain order by period_start desc) as periods_ago
        from period_snapshots
    ) as numbered
    where periods_ago <= 4
),

-- Active at the opening: everybody who was won before the period and not lost since.
opening_customers as (
    select
        recent_periods.period_grain,
        recent_periods.period_start,
        customer_movements.customer_key
    from recent_periods
    inner join customer_movements
        on
            recent_periods.period_grain = customer_movements.period_grain
            and recent_periods.period_start > customer_movements.period_start
    group by 1, 2, 3
    having sum(case when customer_movements.movement = 'lost' then -1 else 1 end) > 0
),

revenue_so_far as (
    select
        opening_customers.period_grain,
        opening_customers.period_start,
        opening_customers.customer_key,
        sum(orders.net_revenue) as net_revenue
    from opening_customers
    inner join orders
        on
            opening_customers.customer_key = orders.customer_key
            and opening_customers.period_start > orders.order_date
    group by 1, 2, 3
),

ranked as (
    select
        *,
        row_number() over (
            partition by period_grain, period_start
            order by net_revenue desc, customer_key
        ) as place,
        count(*) over (partition by period_grain, period_start) as customers
    from revenue_so_far
),

grouped as (
    select
        ranked.*,
        case when ranked.place * 5 <= ranked.customers then 'best fifth' else 'others' end as customer_group,
        customer_movements.customer_key is not null as is_lost
    from ranked
    left join customer_movements
        on
            ranked.period_grain = customer_movements.period_grain
            and ranked.period_start = customer_movements.period_start
            and ranked.customer_key = customer_movements.customer_key
            and customer_movements.movement = 'lost'
),

counted as (
    select
        period_grain,
        period_start,
        customer_group,
        count(*) as opening_customers,
        sum(case when is_lost then 1 else 0 end) as lost_customers,
        sum(net_revenue) as revenue_so_far,
        sum(case when is_lost then net_revenue else 0 end) as lost_revenue_so_far
    from grouped
    group by 1, 2, 3
),

final as (
    select
        *,
        {{ retention.ratio("lost_customers", "opening_customers") }} as churn_rate,
        {{ retention.wilson_bound("lost_customers", "opening_customers", "low") }} as churn_rate_low,
        {{ retention.wilson_bound("lost_customers", "opening_customers", "high") }} as churn_rate_high,
        {{ retention.ratio("lost_revenue_so_far", "revenue_so_far") }} as lost_revenue_share
    from counted
)

select * from final
order by period_grain, period_start desc, customer_group
