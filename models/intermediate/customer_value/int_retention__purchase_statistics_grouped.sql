-- Customers with the same x, t_x and T are alike to BG/NBD: counting them keeps the fit fast.

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
        cast(count(*) as {{ dbt.type_bigint() }}) as customers,
        cast(sum(holdout_purchases) as {{ dbt.type_bigint() }}) as holdout_purchases
    from purchase_statistics
    group by observation, repeat_purchases, recency_weeks, age_weeks, holdout_weeks
)

select * from final
