-- How many of the customers acquired in a period name a referrer in their record. There is no row where
-- none does.

with

referred_customers as (
    select * from {{ ref("int_retention__customers") }}
    where referred_by_customer_id is not null
),

customer_periods as (
    select * from {{ ref("int_retention__customer_periods") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

final as (
    select
        customer_periods.period_grain,
        customer_periods.period_start,
        segments.segment_dimension,
        segments.segment_value,
        cast(count(*) as {{ dbt.type_bigint() }}) as referred_customers
    from customer_periods
    inner join referred_customers
        on customer_periods.customer_key = referred_customers.customer_key
    inner join customer_segments
        on customer_periods.customer_key = customer_segments.customer_key
    inner join segments
        on customer_segments.segment_key = segments.segment_key
    where customer_periods.first_orders > 0
    group by 1, 2, 3, 4
)

select * from final
