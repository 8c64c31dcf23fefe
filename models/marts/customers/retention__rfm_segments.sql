{%- set rfm_segments = retention.rfm_segments() %}
{%- set segment_total = "partition by segment_dimension, segment_value" %}

with

customers as (
    select * from {{ ref("retention__customers") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

by_segment_key as (
    select
        customer_segments.segment_key,
        customers.rfm_segment,
        count(*) as customers,
        sum(case when customers.status = 'active' then 1 else 0 end) as active_customers,
        sum(customers.orders) as orders,
        sum(customers.net_revenue) as net_revenue
    from customers
    inner join customer_segments
        on customers.customer_key = customer_segments.customer_key
    group by 1, 2
),

by_segment as (
    select
        segments.segment_dimension,
        segments.segment_value,
        by_segment_key.rfm_segment,
        sum(by_segment_key.customers) as customers,
        sum(by_segment_key.active_customers) as active_customers,
        sum(by_segment_key.orders) as orders,
        sum(by_segment_key.net_revenue) as net_revenue
    from by_segment_key
    inner join segments
        on by_segment_key.segment_key = segments.segment_key
    group by 1, 2, 3
),

rfm_segments as (
    {%- for rfm_segment, rule in rfm_segments.items() %}
    select
        '{{ rfm_segment }}' as rfm_segment,
        {{ retention.text_literal(rule) }} as rule
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

segment_values as (
    select distinct
        segment_dimension,
        segment_value
    from segments
),

-- Every named segment of every segment value, so one without customers is a row of zeros.
counted as (
    select
        segment_values.segment_dimension,
        segment_values.segment_value,
        rfm_segments.rfm_segment,
        rfm_segments.rule,
        {%- for quantity in ["customers", "active_customers", "orders", "net_revenue"] %}
        coalesce(by_segment.{{ quantity }}, 0) as {{ quantity }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from segment_values
    cross join rfm_segments
    left join by_segment
        on
            segment_values.segment_dimension = by_segment.segment_dimension
            and segment_values.segment_value = by_segment.segment_value
            and rfm_segments.rfm_segment = by_segment.rfm_segment
),

final as (
    select
        segment_dimension,
        segment_value,
        rfm_segment,
        rule,
        {%- for quantity in ["customers", "active_customers", "orders"] %}
        cast({{ quantity }} as {{ dbt.type_bigint() }}) as {{ quantity }},
        {%- endfor %}
        cast(net_revenue as {{ retention.type_money() }}) as net_revenue,
        {{ retention.ratio("customers", "sum(customers) over (" ~ segment_total ~ ")") }} as customer_share,
        {{ retention.ratio("net_revenue", "sum(net_revenue) over (" ~ segment_total ~ ")") }} as revenue_share
    from counted
)

select * from final
