-- How many of the customers acquired in a period name a referrer in their record. There is no row where
-- none does.

with

purchase_sequence as (
    select * from {{ ref("int_retention__purchase_sequence") }}
),

customers as (
    select * from {{ ref("int_retention__customers") }}
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

referred as (
    select purchase_sequence.customer_key
    from purchase_sequence
    inner join customers
        on purchase_sequence.customer_key = customers.customer_key
    where purchase_sequence.order_number = 1 and customers.referred_by_customer_id is not null
),

final as (
    select
        customer_periods.period_grain,
        customer_periods.period_start,
        segments.segment_dimension,
        segments.segment_value,
        cast(count(*) as {{ dbt.type_bigint() }}) as referred_customers
    from customer_periods
    inner join referred
        on customer_periods.customer_key = referred.customer_key
    inner join customer_segments
        on customer_periods.customer_key = customer_segments.customer_key
    inner join segments
        on customer_segments.segment_key = segments.segment_key
    where customer_periods.first_orders > 0
    group by 1, 2, 3, 4
)

select * from final
