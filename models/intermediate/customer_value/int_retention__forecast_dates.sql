{{ config(materialized="view") }}

-- One row: the start and end dates of the forecasts, for the fits, which run in Python.

with

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

final as (
    select
        early_calibration_date,
        calibration_date,
        as_of_date,
        {{ var("clv_horizon_days") | int }} as horizon_days,
        cast({{ var("clv_discount_rate_annual") | float }} as {{ retention.type_double() }}) as discount_rate_annual
    from reporting_dates
)

select * from final
