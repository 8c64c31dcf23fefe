-- Orders and money of the customers who started on the same day with a first order of the same kind, by the shortest
-- window of days since then that covers them. Kinds need no input column and would multiply the rows of every other
-- table, so they are distinguished only here.

{%- set windows = retention.repurchase_windows() %}
{%- set dimensions = retention.dimensions_of_windows() %}

with

orders as (
    select * from {{ ref("int_retention__orders") }}
    where order_number = 1
),

revenue_events as (
    select * from {{ ref("int_retention__revenue_events") }}
    where
        customer_number is not null
        and revenue_date <= {{ retention.add_days(windows | last, "first_order_date") }}
),

first_orders as (
    select
        orders.customer_number,
        orders.discounts > 0 as is_discounted,
        {{ retention.value_band("orders") }} as value_band
    from orders
),

-- A refund dated before the first order counts on the first day.
by_window as (
    select
        revenue_events.first_order_date,
        first_orders.is_discounted,
        first_orders.value_band,
        case
            {%- for window in windows %}
            when revenue_events.revenue_date <= {{ retention.add_days(window, "revenue_events.first_order_date") }} then {{ window }}
            {%- endfor %}
        end as window_days,
        sum(case when revenue_events.order_number = 1 then revenue_events.orders else 0 end) as customers,
        sum(case when revenue_events.order_number = 2 then revenue_events.orders else 0 end) as repurchased_customers,
        sum(revenue_events.orders) as orders,
        sum(revenue_events.net_revenue) as net_revenue,
        sum(coalesce(revenue_events.margin, 0)) as known_margin,
        sum(case when revenue_events.margin is null then 1 else 0 end) as unknown_margins
    from revenue_events
    inner join first_orders
        on revenue_events.customer_number = first_orders.customer_number
    group by 1, 2, 3, 4
),

named as (
    select
        first_order_date,
        is_discounted,
        value_band,
        {%- for dimension, name in dimensions.items() %}
        {{ name | indent(8) }} as {{ dimension }},
        {%- endfor %}
        window_days,
        customers,
        repurchased_customers,
        orders,
        net_revenue,
        known_margin,
        unknown_margins
    from by_window
),

-- Below 0, where no combination of attributes has its key. Not read if the settings name all kinds.
final as (
    select
        *,
        -dense_rank() over (order by {{ dimensions | join(", ") or "first_order_date" }}) as segment_key
    from named
)

select * from final
