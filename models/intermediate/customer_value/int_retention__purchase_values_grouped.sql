-- Gamma-Gamma is fitted on repeat purchases of positive value only: the first purchase is left out,
-- as its value tends to differ, and so are customers who never paid.

with

purchase_statistics as (
    select * from {{ ref("int_retention__purchase_statistics") }}
),

final as (
    select
        observation,
        repeat_purchases,
        mean_repeat_purchase_value,
        cast(count(*) as {{ dbt.type_bigint() }}) as customers
    from purchase_statistics
    where mean_repeat_purchase_value > 0
    group by observation, repeat_purchases, mean_repeat_purchase_value
)

select * from final
