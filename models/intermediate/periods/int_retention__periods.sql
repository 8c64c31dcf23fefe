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
    {{ dbt.generate_series(10440) }}
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
    {%- for grain in retention.period_grains() %}
    {%- set first_period = retention.period_start(grain, "calendar.first_date") %}
    {%- set this_period = retention.add_periods(grain, "cast(steps.generated_number as integer) - 1", first_period) %}
    select
        '{{ grain }}' as period_grain,
        cast(steps.generated_number as integer) as period_number,
        {{ this_period }} as period_start,
        {{ retention.next_period_start(grain, this_period) }} as next_period_start,
        calendar.first_order_date,
        calendar.as_of_date
    from calendar
    cross join steps
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

final as (
    select
        period_grain,
        period_number,
        period_start,
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
