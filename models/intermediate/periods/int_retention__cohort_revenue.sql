-- Orders and money of the customers who started in the same period and are alike in all segment attributes, in each
-- period. Summed by day first, which is a small fraction of the orders, as one pass over these then serves every grain.

{%- set attributes = retention.attribute_columns() %}

with

revenue_events as (
    select * from {{ ref("int_retention__revenue_events") }}
    where customer_number is not null
),

{% if attributes -%}
customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

{% endif -%}
days as (
    select
        revenue_events.revenue_date,
        revenue_events.first_order_date,
        {{ "customer_segments.segment_key" if attributes else "1" }} as segment_key,
        sum(revenue_events.orders) as orders,
        sum(case when revenue_events.order_number = 1 then revenue_events.orders else 0 end) as first_orders,
        sum(case when revenue_events.order_number = 2 then revenue_events.orders else 0 end) as second_orders,
        sum(revenue_events.gross_revenue) as gross_revenue,
        sum(revenue_events.discounts) as discounts,
        sum(revenue_events.refunds) as refunds,
        sum(revenue_events.net_revenue) as net_revenue,
        sum(revenue_events.total_revenue) as total_revenue,
        sum(case when revenue_events.order_number > 1 then revenue_events.net_revenue else 0 end) as later_net_revenue,
        sum(coalesce(revenue_events.margin, 0)) as known_margin,
        sum(case when revenue_events.margin is null then 1 else 0 end) as unknown_margins
    from revenue_events
    {% if attributes -%}
    inner join customer_segments
        on revenue_events.customer_number = customer_segments.customer_number
    {% endif -%}
    group by 1, 2, 3
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
        sum(known_margin) as known_margin,
        sum(unknown_margins) as unknown_margins
    from numbered
    group by 1, 2, 3, 4
)

select * from final
