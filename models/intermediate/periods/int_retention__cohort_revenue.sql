-- Orders and money of the customers who started in the same period and share all segment attributes, in each
-- period.

with

days as (
    select * from {{ ref("int_retention__cohort_days") }}
),

numbered as (
    select
        'week' as period_grain,
        {{ retention.period_number("week", "revenue_date") }} as period_number,
        {{ retention.period_number("week", "first_order_date") }} as cohort_number,
        days.*
    from days
    where {{ retention.is_built("week") }}

    union all

    select
        'month' as period_grain,
        {{ retention.period_number("month", "revenue_date") }} as period_number,
        {{ retention.period_number("month", "first_order_date") }} as cohort_number,
        days.*
    from days
    where {{ retention.is_built("month") }}

    union all

    select
        'quarter' as period_grain,
        {{ retention.period_number("quarter", "revenue_date") }} as period_number,
        {{ retention.period_number("quarter", "first_order_date") }} as cohort_number,
        days.*
    from days
    where {{ retention.is_built("quarter") }}

    union all

    select
        'year' as period_grain,
        {{ retention.period_number("year", "revenue_date") }} as period_number,
        {{ retention.period_number("year", "first_order_date") }} as cohort_number,
        days.*
    from days
    where {{ retention.is_built("year") }}
),

final as (
    select
        period_grain,
        period_number,
        cohort_number,
        segment_key,
        sum(orders) as orders,
        sum(first_orders) as first_orders,
        sum(second_orders) as second_orders,
        sum(gross_revenue) as gross_revenue,
        sum(discounts) as discounts,
        sum(refunds) as refunds,
        sum(net_revenue) as net_revenue,
        sum(total_revenue) as total_revenue,
        sum(later_net_revenue) as later_net_revenue,
        sum(known_margin_1) as known_margin_1,
        sum(unknown_margins_1) as unknown_margins_1,
        sum(known_margin) as known_margin,
        sum(unknown_margins) as unknown_margins
    from numbered
    group by 1, 2, 3, 4
)

select * from final
