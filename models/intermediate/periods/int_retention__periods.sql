-- Every calendar period of every grain, from the first order (or an earlier refund) to the as-of date.

with

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

revenue_events as (
    select * from {{ ref("int_retention__revenue_events") }}
),

-- Enough weeks for two centuries; the last period is found by its start, not by this number.
steps as (
    select cast(generated_number as integer) - 1 as step
    from ({{ dbt.generate_series(10440) }}) as series
),

calendar as (
    select
        reporting_dates.first_order_date,
        reporting_dates.as_of_date,
        least(
            reporting_dates.first_order_date,
            coalesce((select min(revenue_events.revenue_date) from revenue_events), reporting_dates.first_order_date)
        ) as first_date
    from reporting_dates
),

every_period as (
    select
        'week' as period_grain,
        {{ retention.period_number("week", "calendar.first_date") }} + steps.step as period_number,
        {{ retention.add_periods("week", "steps.step", retention.period_start("week", "calendar.first_date")) }} as period_start,
        {{ retention.add_periods("week", "steps.step + 1", retention.period_start("week", "calendar.first_date")) }} as next_period_start,
        calendar.first_order_date,
        calendar.as_of_date
    from calendar
    cross join steps
    where {{ retention.is_built("week") }}

    union all

    select
        'month' as period_grain,
        {{ retention.period_number("month", "calendar.first_date") }} + steps.step as period_number,
        {{ retention.add_periods("month", "steps.step", retention.period_start("month", "calendar.first_date")) }} as period_start,
        {{ retention.add_periods("month", "steps.step + 1", retention.period_start("month", "calendar.first_date")) }} as next_period_start,
        calendar.first_order_date,
        calendar.as_of_date
    from calendar
    cross join steps
    where {{ retention.is_built("month") }}

    union all

    select
        'quarter' as period_grain,
        {{ retention.period_number("quarter", "calendar.first_date") }} + steps.step as period_number,
        {{ retention.add_periods("quarter", "steps.step", retention.period_start("quarter", "calendar.first_date")) }} as period_start,
        {{ retention.add_periods("quarter", "steps.step + 1", retention.period_start("quarter", "calendar.first_date")) }} as next_period_start,
        calendar.first_order_date,
        calendar.as_of_date
    from calendar
    cross join steps
    where {{ retention.is_built("quarter") }}

    union all

    select
        'year' as period_grain,
        {{ retention.period_number("year", "calendar.first_date") }} + steps.step as period_number,
        {{ retention.add_periods("year", "steps.step", retention.period_start("year", "calendar.first_date")) }} as period_start,
        {{ retention.add_periods("year", "steps.step + 1", retention.period_start("year", "calendar.first_date")) }} as next_period_start,
        calendar.first_order_date,
        calendar.as_of_date
    from calendar
    cross join steps
    where {{ retention.is_built("year") }}
),

final as (
    select
        period_grain,
        cast(period_number as {{ dbt.type_int() }}) as period_number,
        period_start,
        {{ retention.period_name("period_grain", "period_start") }} as period_name,
        cast({{ dbt.dateadd("day", -1, "next_period_start") }} as date) as period_end,
        next_period_start <= {{ dbt.dateadd("day", 1, "as_of_date") }} as is_complete,
        {% if retention.activity_window_is_period() -%}
        period_start <= first_order_date as is_warm_up
        {%- else -%}
        next_period_start <= {{ dbt.dateadd("day", retention.activity_window_days(), "first_order_date") }} as is_warm_up
        {%- endif %}
    from every_period
    where period_start <= as_of_date
)

select * from final
