{{ config(enabled=project_name == "retention") }}

-- Every day from the start of the calendar's first period to the as-of date: the time spine of MetricFlow.

with

periods as (
    select * from {{ ref("int_retention__periods") }}
),

-- Two centuries of days.
steps as (
    {{ dbt.generate_series(73080) }}
),

calendar as (
    select
        min(period_start) as first_day,
        max(period_end) as last_day
    from periods
),

every_day as (
    select
        cast({{ dbt.dateadd("day", "cast(steps.generated_number as integer) - 1", "calendar.first_day") }} as date) as day,
        calendar.last_day
    from calendar
    cross join steps
),

final as (
    select day
    from every_day
    where day <= last_day
)

select * from final
