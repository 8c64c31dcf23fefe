-- Purchases without a known customer, and their revenue, in each period. They have the segment key for unknown
-- customers.

with

revenue_events as (
    select * from {{ ref("int_retention__revenue_events") }}
    where customer_number is null
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
    where customer_number is null
),

periods as (
    select * from {{ ref("int_retention__periods") }}
),

-- One row per day first, as periods overlap.
days as (
    select
        revenue_date,
        sum(orders) as orders,
        sum(net_revenue) as net_revenue
    from revenue_events
    group by 1
),

final as (
    select
        periods.period_grain,
        periods.period_start,
        customer_segments.segment_key,
        cast(sum(days.orders) as {{ dbt.type_bigint() }}) as orders,
        cast(sum(days.net_revenue) as {{ retention.type_money() }}) as net_revenue
    from days
    inner join periods
        on days.revenue_date between periods.period_start and periods.period_end
    cross join customer_segments
    group by 1, 2, 3
)

select * from final
