-- Purchases of the customers of a calibration period after it, by calendar month, to compare a forecast of these months
-- with. The months after the early calibration end with the calibration itself.

with

revenue_events as (
    select * from {{ ref("int_retention__revenue_events") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

calibrations as (
    select
        'calibration' as observation,
        first_order_date,
        calibration_date as observed_until,
        as_of_date as held_out_until
    from reporting_dates

    union all

    select
        'early_calibration' as observation,
        first_order_date,
        early_calibration_date as observed_until,
        calibration_date as held_out_until
    from reporting_dates
),

-- Every purchase after the calibration by one of its customers has a previous one.
purchases as (
    select
        calibrations.observation,
        cast({{ dbt.date_trunc("month", "revenue_events.revenue_date") }} as date) as month_start,
        revenue_events.revenue_date,
        revenue_events.previous_order_date,
        revenue_events.gross_revenue - revenue_events.discounts as revenue,
        calibrations.observed_until
    from revenue_events
    cross join calibrations
    where
        revenue_events.orders > 0
        and revenue_events.previous_order_date is not null
        and revenue_events.first_order_date <= calibrations.observed_until
        and revenue_events.revenue_date > calibrations.observed_until
        and revenue_events.revenue_date <= calibrations.held_out_until
        and calibrations.observed_until > calibrations.first_order_date
),

final as (
    select
        observation,
        month_start,
        cast(sum(case when previous_order_date < revenue_date then 1 else 0 end) as {{ dbt.type_bigint() }}) as orders,
        cast(
            sum(case when previous_order_date < month_start or previous_order_date <= observed_until then 1 else 0 end)
            as {{ dbt.type_bigint() }}
        ) as buyers,
        cast(sum(revenue) as {{ retention.type_money() }}) as revenue
    from purchases
    group by observation, month_start
)

select * from final
