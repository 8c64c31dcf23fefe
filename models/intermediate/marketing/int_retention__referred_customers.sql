-- How many of the customers acquired in a period name a referrer in their record. No row where there
-- are none.

with

customers as (
    select * from {{ ref("int_retention__customers") }}
    where referred_by_customer_id is not null
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

-- Joined only to the segments of referred customers, usually a small share of all.
referred_customers as (
    select
        customer_segments.first_order_date,
        customer_segments.segment_key
    from customers
    inner join customer_segments
        on customers.customer_number = customer_segments.customer_number
),

final as (
    {%- for grain in retention.period_grains() %}
    select
        '{{ grain }}' as period_grain,
        {{ retention.period_start(grain, "referred_customers.first_order_date") }} as period_start,
        segments.segment_dimension,
        segments.segment_value,
        cast(count(*) as {{ dbt.type_bigint() }}) as referred_customers
    from referred_customers
    inner join segments
        on referred_customers.segment_key = segments.segment_key
    group by 1, 2, 3, 4
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select * from final
