-- The first day since their first order on which the customers of a cohort have paid back their acquisition cost. Each
-- day covers the customers who are old enough for it: they enter with their first order and leave, with all their margin,
-- on the day that falls after the as-of date for them.

{%- set until_day = "partition by cohort_grain, cohort_start, segment_dimension, segment_value order by day" %}

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

cohort_costs as (
    select * from {{ ref("int_retention__cohort_costs") }}
),

-- Only segments with recorded costs.
by_segment as (
    select
        segments.segment_dimension,
        segments.segment_value,
        cohort_days.first_order_date,
        greatest({{ retention.days_between("cohort_days.first_order_date", "cohort_days.revenue_date") }}, 0) as day,
        {{ retention.days_between("cohort_days.first_order_date", "reporting_dates.as_of_date") }} + 1 as unknown_day,
        sum(cohort_days.first_orders) as customers,
        sum(cohort_days.known_margin) as known_margin,
        sum(cohort_days.unknown_margins) as unknown_margins
    from cohort_days
    inner join segments
        on cohort_days.segment_key = segments.segment_key
    cross join reporting_dates
    where
        exists (
            select 1 from cohort_costs
            where
                cohort_costs.segment_dimension = segments.segment_dimension
                and cohort_costs.segment_value = segments.segment_value
        )
    group by 1, 2, 3, 4, 5
),

changes as (
    select
        segment_dimension,
        segment_value,
        first_order_date,
        day,
        customers,
        known_margin,
        unknown_margins
    from by_segment

    union all

    select
        segment_dimension,
        segment_value,
        first_order_date,
        unknown_day as day,
        -sum(customers) as customers,
        -sum(known_margin) as known_margin,
        -sum(unknown_margins) as unknown_margins
    from by_segment
    group by 1, 2, 3, 4
),

cohort_changes as (
    {{ retention.cohorts_of_every_grain("changes") }}
),

by_day as (
    select
        cohort_grain,
        cohort_start,
        segment_dimension,
        segment_value,
        day,
        sum(customers) as customers,
        sum(known_margin) as known_margin,
        sum(unknown_margins) as unknown_margins,
        sum(case when day = 0 then customers else 0 end) as cohort_customers
    from cohort_changes
    group by 1, 2, 3, 4, 5
),

running as (
    select
        cohort_grain,
        cohort_start,
        segment_dimension,
        segment_value,
        day,
        sum(customers) over ({{ until_day }} rows between unbounded preceding and current row) as customers,
        sum(known_margin) over ({{ until_day }} rows between unbounded preceding and current row) as known_margin,
        sum(unknown_margins) over ({{ until_day }} rows between unbounded preceding and current row) as unknown_margins,
        sum(cohort_customers) over ({{ until_day }} rows between unbounded preceding and current row) as cohort_customers
    from by_day
),

-- Margin / customers >= cost / cohort customers, without divisions, which round.
paid as (
    select
        running.cohort_grain,
        running.cohort_start,
        running.segment_dimension,
        running.segment_value,
        min(
            case
                when
                    running.customers > 0
                    and cast(running.known_margin as {{ retention.type_amount() }})
                    * cast(running.cohort_customers as decimal(18, 0))
                    >= cast(cohort_costs.acquisition_cost as {{ retention.type_amount() }})
                    * cast(running.customers as decimal(18, 0))
                    then running.day
            end
        ) as paid_day,
        min(case when running.unknown_margins > 0 then running.day end) as unknown_day
    from running
    inner join cohort_costs
        on
            running.cohort_grain = cohort_costs.cohort_grain
            and running.cohort_start = cohort_costs.cohort_start
            and running.segment_dimension = cohort_costs.segment_dimension
            and running.segment_value = cohort_costs.segment_value
    group by 1, 2, 3, 4
),

-- From the first purchase with an unknown cost on, the margin is unknown.
final as (
    select
        cohort_grain,
        cohort_start,
        segment_dimension,
        segment_value,
        paid_day as payback_day
    from paid
    where coalesce(paid_day < unknown_day, paid_day is not null)
)

select * from final
