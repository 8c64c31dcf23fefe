-- Every customer's prediction by the fits in use; NULL where the fit it needs is refused.

with

purchase_statistics as (
    select * from {{ ref("int_retention__purchase_statistics") }}
    where observation = 'all'
),

expected_purchases as (
    select * from {{ ref("int_retention__expected_purchases") }}
),

bg_nbd as (
    select * from {{ ref("int_retention__clv_models") }}
    where model = 'bg_nbd'
),

gamma_gamma as (
    select * from {{ ref("int_retention__clv_models") }}
    where model = 'gamma_gamma'
),

scored as (
    select
        purchase_statistics.customer_key,
        case
            when bg_nbd.refused_reason is null
                then {{ retention.probability_alive(
                    "purchase_statistics.repeat_purchases",
                    "purchase_statistics.recency_weeks",
                    "purchase_statistics.age_weeks",
                ) | indent(16) }}
        end as probability_alive,
        expected_purchases.expected_purchases_if_alive,
        expected_purchases.discounted_purchases_if_alive,
        {{ retention.expected_order_value(
            "purchase_statistics.repeat_purchases", "purchase_statistics.mean_repeat_purchase_value"
        ) | indent(4) }} as expected_order_value
    from purchase_statistics
    cross join bg_nbd
    cross join gamma_gamma
    left join expected_purchases
        on
            purchase_statistics.repeat_purchases = expected_purchases.repeat_purchases
            and purchase_statistics.age_weeks = expected_purchases.age_weeks
),

valued as (
    select
        *,
        probability_alive * discounted_purchases_if_alive * expected_order_value as predicted_clv
    from scored
),

final as (
    select
        customer_key,
        probability_alive,
        probability_alive * expected_purchases_if_alive as expected_purchases,
        cast(expected_order_value as {{ retention.type_money() }}) as expected_order_value,
        cast(predicted_clv as {{ retention.type_money() }}) as predicted_clv,
        cast(predicted_clv * (1 - probability_alive) as {{ retention.type_money() }}) as value_at_risk
    from valued
)

select * from final
