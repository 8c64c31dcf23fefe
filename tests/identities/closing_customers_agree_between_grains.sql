-- The closing customers of a day are the same at every grain. This holds only for a window in days:
-- with the window `period` they depend on the grain, so there is nothing to compare.

{{ config(enabled=(var("activity_window_days") | string | lower != "period")) }}

with

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

closes as (
    select
        snapshots.segment_dimension,
        snapshots.segment_value,
        case when snapshots.is_complete then snapshots.period_end else reporting_dates.as_of_date end as close_date,
        min(snapshots.closing_customers) as lowest,
        max(snapshots.closing_customers) as highest
    from {{ ref("retention__period_snapshots") }} as snapshots
    cross join reporting_dates
    group by 1, 2, 3
)

select * from closes
where lowest <> highest
