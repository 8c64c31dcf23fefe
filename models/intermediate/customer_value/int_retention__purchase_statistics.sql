-- What the customer value models know of a customer: purchases of one day are one purchase. The
-- calibration half of the time is a second observation, whose forecast the other half then tests.

with

purchase_sequence as (
    select * from {{ ref("int_retention__purchase_sequence") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

half_times as (
    select
        *,
        {{ dbt.datediff("first_order_date", "as_of_date", "day") }} as days
    from reporting_dates
),

observations as (
    select
        'all' as observation,
        as_of_date as observed_until,
        as_of_date
    from half_times

    union all

    select
        'calibration' as observation,
        cast({{ dbt.dateadd("day", "cast(floor(days / 2.0) as integer)", "first_order_date") }} as date)
            as observed_until,
        as_of_date
    from half_times
    where days >= 2
),

purchase_days as (
    select
        customer_key,
        order_date as purchase_date,
        sum(gross_revenue - discounts) as purchase_value
    from purchase_sequence
    group by customer_key, order_date
),

dated as (
    select
        *,
        min(purchase_date) over (partition by customer_key) as first_purchase_date
    from purchase_days
),

observed as (
    select
        observations.*,
        dated.*,
        dated.purchase_date <= observations.observed_until as is_observed,
        dated.purchase_date <= observations.observed_until
        and dated.purchase_date > dated.first_purchase_date as is_repeat_purchase
    from dated
    inner join observations
        on dated.first_purchase_date <= observations.observed_until
),

totals as (
    select
        observation,
        customer_key,
        first_purchase_date,
        observed_until,
        as_of_date,
        max(case when is_observed then purchase_date end) as last_purchase_date,
        sum(case when is_repeat_purchase then 1 else 0 end) as repeat_purchases,
        sum(case when is_repeat_purchase then purchase_value end) as repeat_purchase_value,
        sum(case when is_observed then 0 else 1 end) as holdout_purchases
    from observed
    group by observation, customer_key, first_purchase_date, observed_until, as_of_date
),

final as (
    select
        observation,
        customer_key,
        cast(repeat_purchases as {{ dbt.type_bigint() }}) as repeat_purchases,
        cast(
            {{ dbt.datediff("first_purchase_date", "last_purchase_date", "day") }} as {{ retention.type_double() }}
        ) / 7 as recency_weeks,
        cast(
            {{ dbt.datediff("first_purchase_date", "observed_until", "day") }} as {{ retention.type_double() }}
        ) / 7 as age_weeks,
        cast(repeat_purchase_value as {{ retention.type_double() }})
        / nullif(repeat_purchases, 0) as mean_repeat_purchase_value,
        cast(holdout_purchases as {{ dbt.type_bigint() }}) as holdout_purchases,
        cast({{ dbt.datediff("observed_until", "as_of_date", "day") }} as {{ retention.type_double() }})
        / 7 as holdout_weeks
    from totals
)

select * from final
