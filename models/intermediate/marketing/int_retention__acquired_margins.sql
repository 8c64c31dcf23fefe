-- The margin that the customers acquired in a period brought in each period since, their own included.

with

customer_periods as (
    select * from {{ ref("int_retention__customer_periods") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

acquisitions as (
    select * from customer_periods
    where first_orders > 0
),

by_segment_key as (
    select
        customer_periods.period_grain,
        acquisitions.period_start as acquired_period_start,
        customer_periods.period_start,
        customer_segments.segment_key,
        {{ retention.sum_if_known("customer_periods.margin") }} as margin
    from customer_periods
    inner join acquisitions
        on
            customer_periods.period_grain = acquisitions.period_grain
            and customer_periods.customer_key = acquisitions.customer_key
    inner join customer_segments
        on customer_periods.customer_key = customer_segments.customer_key
    group by 1, 2, 3, 4
),

final as (
    select
        by_segment_key.period_grain,
        by_segment_key.acquired_period_start,
        by_segment_key.period_start,
        segments.segment_dimension,
        segments.segment_value,
        cast({{ retention.sum_if_known("by_segment_key.margin") }} as {{ retention.type_money() }}) as margin
    from by_segment_key
    inner join segments
        on by_segment_key.segment_key = segments.segment_key
    group by 1, 2, 3, 4, 5
)

select * from final
