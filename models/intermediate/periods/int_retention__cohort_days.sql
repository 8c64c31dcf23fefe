-- Orders and money of the customers who started on the same day and share all segment attributes, on each day. Far
-- fewer rows than orders, and one pass over them serves every period grain and every window of days.

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
final as (
    select
        revenue_events.first_order_date,
        revenue_events.revenue_date,
        {{ "customer_segments.segment_key" if attributes else "1" }} as segment_key,
        cast(sum(revenue_events.orders) as {{ dbt.type_bigint() }}) as orders,
        cast(sum(case when revenue_events.order_number = 1 then revenue_events.orders else 0 end) as {{ dbt.type_bigint() }})
            as first_orders,
        cast(sum(case when revenue_events.order_number = 2 then revenue_events.orders else 0 end) as {{ dbt.type_bigint() }})
            as second_orders,
        cast(sum(revenue_events.gross_revenue) as {{ retention.type_amount() }}) as gross_revenue,
        cast(sum(revenue_events.discounts) as {{ retention.type_amount() }}) as discounts,
        cast(sum(revenue_events.refunds) as {{ retention.type_amount() }}) as refunds,
        cast(sum(revenue_events.net_revenue) as {{ retention.type_amount() }}) as net_revenue,
        cast(sum(revenue_events.total_revenue) as {{ retention.type_amount() }}) as total_revenue,
        cast(sum(case when revenue_events.order_number > 1 then revenue_events.net_revenue else 0 end) as {{ retention.type_amount() }})
            as later_net_revenue,
        cast(sum(coalesce(revenue_events.contribution_margin_1, 0)) as {{ retention.type_amount() }}) as known_margin_1,
        cast(sum(case when revenue_events.contribution_margin_1 is null then 1 else 0 end) as {{ dbt.type_bigint() }}) as unknown_margins_1,
        cast(sum(coalesce(revenue_events.margin, 0)) as {{ retention.type_amount() }}) as known_margin,
        cast(sum(case when revenue_events.margin is null then 1 else 0 end) as {{ dbt.type_bigint() }}) as unknown_margins
    from revenue_events
    {% if attributes -%}
    inner join customer_segments
        on revenue_events.customer_number = customer_segments.customer_number
    {% endif -%}
    group by 1, 2, 3
)

select * from final
