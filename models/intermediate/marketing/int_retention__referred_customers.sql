-- How many of the customers acquired in a period name a referrer in their record. There is no row where
-- none does.

with

referred_customers as (
    select * from {{ ref("int_retention__customers") }}
    where referred_by_customer_id is not null
),

customer_lifetimes as (
    select * from {{ ref("int_retention__customer_lifetimes") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

final as (
    {%- for grain in retention.period_grains() %}
    select
        '{{ grain }}' as period_grain,
        {{ retention.period_start(grain, "customer_lifetimes.first_order_date") }} as period_start,
        segments.segment_dimension,
        segments.segment_value,
        cast(count(*) as {{ dbt.type_bigint() }}) as referred_customers
    from customer_lifetimes
    inner join referred_customers
        on customer_lifetimes.customer_key = referred_customers.customer_key
    inner join segments
        on customer_lifetimes.segment_key = segments.segment_key
    group by 1, 2, 3, 4
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select * from final
