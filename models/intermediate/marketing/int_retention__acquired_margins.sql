-- The margin of the customers acquired in a period in each period since, including their own.

with

cohort_periods as (
    select * from {{ ref("int_retention__cohort_periods") }}
    where customer_periods > 0
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

final as (
    select
        cohort_periods.period_grain,
        cohort_periods.cohort_start as acquired_period_start,
        cohort_periods.period_start,
        segments.segment_dimension,
        segments.segment_value,
        cast(
            case when sum(cohort_periods.unknown_margins) = 0 then sum(cohort_periods.known_margin) end
            as {{ retention.type_money() }}
        ) as margin
    from cohort_periods
    inner join segments
        on cohort_periods.segment_key = segments.segment_key
    group by 1, 2, 3, 4, 5
)

select * from final
