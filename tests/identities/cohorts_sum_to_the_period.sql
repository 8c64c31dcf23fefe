-- The cohorts of a period sum to its snapshot: everybody who ordered or is active at the close belongs to one
-- cohort. At the last age they contain all orders and all revenue, to the cent.

{%- set segment_until_now %}
    partition by period_grain, segment_dimension, segment_value
    order by period_start
    rows between unbounded preceding and current row
{%- endset %}

with

cells as (
    select
        cohorts.*,
        periods.period_start,
        periods.period_number = max(periods.period_number) over (partition by periods.period_grain) as is_last_period
    from {{ ref("retention__cohorts") }} as cohorts
    inner join {{ ref("int_retention__periods") }} as cohort_periods
        on
            cohorts.cohort_grain = cohort_periods.period_grain
            and cohorts.cohort_start = cohort_periods.period_start
    inner join {{ ref("int_retention__periods") }} as periods
        on
            cohorts.cohort_grain = periods.period_grain
            and cohort_periods.period_number + cohorts.age = periods.period_number
),

by_period as (
    select
        cohort_grain,
        period_start,
        segment_dimension,
        segment_value,
        is_last_period,
        sum(case when age = 0 then cohort_customers else 0 end) as acquired_customers,
        sum(cohort_customers) as cumulative_customers,
        sum(ordering_customers) as ordering_customers,
        sum(active_customers) as closing_customers,
        sum(cumulative_orders) as cumulative_orders,
        sum(cumulative_net_revenue) as cumulative_net_revenue
    from cells
    group by 1, 2, 3, 4, 5
),

snapshots as (
    select
        *,
        sum(orders) over ({{ segment_until_now }}) as cumulative_orders,
        sum(net_revenue) over ({{ segment_until_now }}) as cumulative_net_revenue
    from {{ ref("retention__period_snapshots") }}
)

select snapshots.*
from snapshots
left join by_period
    on
        snapshots.period_grain = by_period.cohort_grain
        and snapshots.period_start = by_period.period_start
        and snapshots.segment_dimension = by_period.segment_dimension
        and snapshots.segment_value = by_period.segment_value
where
    snapshots.acquired_customers <> coalesce(by_period.acquired_customers, 0)
    or snapshots.cumulative_customers <> coalesce(by_period.cumulative_customers, 0)
    or snapshots.ordering_customers <> coalesce(by_period.ordering_customers, 0)
    or snapshots.closing_customers <> coalesce(by_period.closing_customers, 0)
    or snapshots.cumulative_orders <> coalesce(by_period.cumulative_orders, 0)
    or (by_period.is_last_period and snapshots.cumulative_net_revenue <> by_period.cumulative_net_revenue)
