-- Every customer's prediction by the fits in use; NULL where the fit it needs is refused.

{%- set probability_weeks = "cast(" ~ (var("purchase_probability_days") | int) ~ " as " ~ retention.type_double() ~ ") / 7" %}
{%- set horizon_days = var("clv_horizon_days") | int %}

with

purchase_statistics as (
    select * from {{ ref("int_retention__purchase_statistics") }}
    where observation = 'all'
),

expected_purchases as (
    select * from {{ ref("int_retention__expected_purchases") }}
),

clv_model as (
    select * from {{ ref("int_retention__clv_model_in_use") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

scored as (
    select
        purchase_statistics.customer_key,
        reporting_dates.as_of_date,
        case
            when clv_model.purchase_model is not null
                then {{ retention.probability_alive(
                    "purchase_statistics.repeat_purchases",
                    "purchase_statistics.recency_weeks",
                    "purchase_statistics.age_weeks",
                ) | indent(16) }}
        end as probability_alive,
        {{ retention.probability_of_purchase_if_alive(
            "purchase_statistics.repeat_purchases", "purchase_statistics.age_weeks", probability_weeks
        ) }} as probability_of_purchase_if_alive,
        7 * {{ retention.median_wait_if_alive(
            "purchase_statistics.repeat_purchases", "purchase_statistics.age_weeks"
        ) | indent(4) }} as median_wait_days_if_alive,
        expected_purchases.expected_purchases_if_alive,
        expected_purchases.discounted_purchases_if_alive,
        {{ retention.expected_order_value(
            "purchase_statistics.repeat_purchases", "purchase_statistics.mean_repeat_purchase_value"
        ) | indent(4) }} as expected_order_value
    from purchase_statistics
    cross join clv_model
    cross join reporting_dates
    left join expected_purchases
        on
            purchase_statistics.repeat_purchases = expected_purchases.repeat_purchases
            and purchase_statistics.age_weeks = expected_purchases.age_weeks
),

valued as (
    select
        *,
        probability_alive * probability_of_purchase_if_alive as probability_of_purchase,
        discounted_purchases_if_alive * expected_order_value as value_if_alive
    from scored
),

final as (
    select
        customer_key,
        probability_alive,
        probability_alive * expected_purchases_if_alive as expected_purchases,
        probability_of_purchase,
        case
            when median_wait_days_if_alive <= {{ horizon_days }} and probability_alive is not null
                then cast({{ dbt.dateadd(
                    "day", "cast(round(least(median_wait_days_if_alive, " ~ horizon_days ~ ")) as integer)", "as_of_date"
                ) }} as date)
        end as expected_next_order_date,
        case
            when 3 * probability_of_purchase > 2 then 'low'
            when 3 * probability_of_purchase >= 1 then 'medium'
            when probability_of_purchase is not null then 'high'
        end as churn_risk,
        cast(expected_order_value as {{ retention.type_money() }}) as expected_order_value,
        cast(probability_alive * value_if_alive as {{ retention.type_money() }}) as predicted_clv,
        cast((1 - probability_alive) * value_if_alive as {{ retention.type_money() }}) as value_at_risk
    from valued
)

select * from final
