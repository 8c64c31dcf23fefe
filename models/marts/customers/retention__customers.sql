{{ config(pre_hook="{{ retention.declare_segment_columns(model) }}") }}

-- One row a person with at least one purchase, as things stand on the as-of date.

with

orders as (
    select * from {{ ref("retention__orders") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

totals as (
    select
        customer_key,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(*) as orders,
        sum(net_revenue) as net_revenue
    from orders
    where is_purchase and customer_key is not null
    group by 1
),

lapsing as (
    select
        *,
        {{ retention.lapse_date("last_order_date") }} as lapse_date
    from totals
),

final as (
    select
        lapsing.customer_key,
        lapsing.first_order_date,
        lapsing.last_order_date,
        cast(lapsing.orders as {{ dbt.type_bigint() }}) as orders,
        cast(lapsing.net_revenue as {{ retention.type_amount() }}) as net_revenue,
        cast(lapsing.net_revenue as {{ retention.type_amount() }}) as historical_clv,
        lapsing.lapse_date,
        case when lapsing.lapse_date > reporting_dates.as_of_date then 'active' else 'lapsed' end as status,
        lapsing.orders > 1 as is_repeat_customer
        {%- for dimension in retention.segment_columns() %},
        customer_segments.{{ retention.attribute_columns()[loop.index0] }} as {{ retention.quoted(dimension) }}
        {%- endfor %}
    from lapsing
    inner join customer_segments
        on lapsing.customer_key = customer_segments.customer_key
    cross join reporting_dates
)

select * from final
