-- To BG/NBD, customers with the same x, t_x and T are identical: grouping them keeps the fit fast. Their hold-out purchases
-- are kept apart, as they are compared customer by customer.

with

purchase_statistics as (
    select * from {{ ref("int_retention__purchase_statistics") }}
),

final as (
    select
        observation,
        repeat_purchases,
        recency_weeks,
        age_weeks,
        holdout_weeks,
        holdout_purchases,
        cast(count(*) as {{ dbt.type_bigint() }}) as customers,
        {#- Gamma-Gamma treats a customer who never paid as one of value 0. #}
        cast(sum(greatest(repeat_purchase_value, 0)) as {{ retention.type_money() }}) as repeat_purchase_value,
        cast(sum(holdout_value) as {{ retention.type_money() }}) as holdout_value
    from purchase_statistics
    group by observation, repeat_purchases, recency_weeks, age_weeks, holdout_weeks, holdout_purchases
)

select * from final
