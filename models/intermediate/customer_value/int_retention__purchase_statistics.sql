{{ config(materialized="view") }}

-- What the customer value models know about a customer; purchases on the same day are one purchase. The first half of
-- the time (calibration) is a second observation, whose forecast is tested on the other half. The first half of that is
-- a third one, whose errors show what was known about forecast errors before the hold-out.

with

customer_totals as (
    select * from {{ ref("int_retention__customer_totals") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

observed as (
    select
        'all' as observation,
        customer_totals.customer_key,
        customer_totals.first_order_date,
        customer_totals.last_order_date,
        customer_totals.purchase_days,
        customer_totals.repeat_purchase_value,
        cast(0 as {{ dbt.type_bigint() }}) as holdout_purchases,
        cast(0 as {{ retention.type_amount() }}) as holdout_value,
        reporting_dates.as_of_date as observed_until,
        reporting_dates.as_of_date as held_out_until
    from customer_totals
    cross join reporting_dates

    union all

    -- Half a day is too short to learn from.
    select
        'calibration' as observation,
        customer_totals.customer_key,
        customer_totals.first_order_date,
        customer_totals.last_calibration_order_date as last_order_date,
        customer_totals.calibration_purchase_days as purchase_days,
        customer_totals.calibration_repeat_purchase_value as repeat_purchase_value,
        customer_totals.purchase_days - customer_totals.calibration_purchase_days as holdout_purchases,
        coalesce(customer_totals.repeat_purchase_value, 0)
        - coalesce(customer_totals.calibration_repeat_purchase_value, 0) as holdout_value,
        reporting_dates.calibration_date as observed_until,
        reporting_dates.as_of_date as held_out_until
    from customer_totals
    cross join reporting_dates
    where
        customer_totals.calibration_purchase_days > 0
        and reporting_dates.calibration_date > reporting_dates.first_order_date

    union all

    -- Compared by month only, so later purchases of single customers are left out.
    select
        'early_calibration' as observation,
        customer_totals.customer_key,
        customer_totals.first_order_date,
        customer_totals.last_early_calibration_order_date as last_order_date,
        customer_totals.early_calibration_purchase_days as purchase_days,
        customer_totals.early_calibration_repeat_purchase_value as repeat_purchase_value,
        cast(0 as {{ dbt.type_bigint() }}) as holdout_purchases,
        cast(0 as {{ retention.type_amount() }}) as holdout_value,
        reporting_dates.early_calibration_date as observed_until,
        reporting_dates.calibration_date as held_out_until
    from customer_totals
    cross join reporting_dates
    where
        customer_totals.early_calibration_purchase_days > 0
        and reporting_dates.early_calibration_date > reporting_dates.first_order_date
),

final as (
    select
        observation,
        customer_key,
        purchase_days - 1 as repeat_purchases,
        cast({{ retention.days_between("first_order_date", "last_order_date") }} as {{ retention.type_double() }})
        / 7 as recency_weeks,
        cast({{ retention.days_between("first_order_date", "observed_until") }} as {{ retention.type_double() }})
        / 7 as age_weeks,
        cast(repeat_purchase_value as {{ retention.type_double() }}) / nullif(purchase_days - 1, 0)
            as mean_repeat_purchase_value,
        coalesce(repeat_purchase_value, 0) as repeat_purchase_value,
        holdout_purchases,
        holdout_value,
        cast({{ retention.days_between("observed_until", "held_out_until") }} as {{ retention.type_double() }}) / 7 as holdout_weeks
    from observed
)

select * from final
