-- What the customers of the calibration bought after it, by calendar month: what a forecast of these months is compared with.

with

revenue_events as (
    select * from {{ ref("int_retention__revenue_events") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

-- Every purchase after the calibration of a customer of the calibration has one before it.
purchases as (
    select
        cast({{ dbt.date_trunc("month", "revenue_events.revenue_date") }} as date) as month_start,
        revenue_events.revenue_date,
        revenue_events.previous_order_date,
        revenue_events.gross_revenue - revenue_events.discounts as revenue,
        reporting_dates.calibration_date
    from revenue_events
    cross join reporting_dates
    where
        revenue_events.orders > 0
        and revenue_events.previous_order_date is not null
        and revenue_events.first_order_date <= reporting_dates.calibration_date
        and revenue_events.revenue_date > reporting_dates.calibration_date
        and reporting_dates.calibration_date > reporting_dates.first_order_date
),

final as (
    select
        month_start,
        cast(sum(case when previous_order_date < revenue_date then 1 else 0 end) as {{ dbt.type_bigint() }}) as orders,
        cast(
            sum(case when previous_order_date < month_start or previous_order_date <= calibration_date then 1 else 0 end)
            as {{ dbt.type_bigint() }}
        ) as buyers,
        cast(sum(revenue) as {{ retention.type_money() }}) as revenue
    from purchases
    group by month_start
)

select * from final
