-- What customers were worth by day 365 after their first order, by the period in which they reached it. The same
-- customers have the same value at every grain, as the period only decides when they are counted.

with

cohort_days as (
    select * from {{ ref("int_retention__cohort_days") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

periods as (
    select * from {{ ref("int_retention__periods") }}
),

by_first_day as (
    select
        {{ retention.add_days(365, "cohort_days.first_order_date") }} as mature_date,
        cohort_days.segment_key,
        sum(cohort_days.first_orders) as customers,
        sum(cohort_days.net_revenue) as net_revenue,
        sum(cohort_days.known_margin) as known_margin,
        sum(cohort_days.unknown_margins) as unknown_margins
    from cohort_days
    cross join reporting_dates
    where
        cohort_days.revenue_date <= {{ retention.add_days(365, "cohort_days.first_order_date") }}
        and {{ retention.add_days(365, "cohort_days.first_order_date") }} <= reporting_dates.as_of_date
    group by 1, 2
),

final as (
    select
        periods.period_grain,
        periods.period_start,
        segments.segment_dimension,
        segments.segment_value,
        sum(by_first_day.customers) as customers,
        sum(by_first_day.net_revenue) as net_revenue,
        sum(by_first_day.known_margin) as known_margin,
        sum(by_first_day.unknown_margins) as unknown_margins
    from by_first_day
    inner join segments
        on by_first_day.segment_key = segments.segment_key
    inner join periods
        on by_first_day.mature_date between periods.period_start and periods.period_end
    group by 1, 2, 3, 4
)

select * from final
