-- Whatever the grain, the closing customers of one day are the same; only a window in days has one
-- answer a day, so with the window `period` there is nothing to compare.

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
