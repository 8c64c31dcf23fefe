-- The lifetimes from the survival curves: the day by which half have lapsed, and the area under the curve up
-- to the longest time anybody has been observed.

with

survival as (
    select * from {{ ref("retention__survival") }}
),

steps as (
    select
        *,
        coalesce(
            lead(day) over (partition by segment_dimension, segment_value order by day) - day, 0
        ) as days_until_next
    from survival
),

-- The tolerance is for a product of exactly one half that rounding would miss.
summarised as (
    select
        segment_dimension,
        segment_value,
        max(at_risk) as customers,
        sum(events) as lapsed_customers,
        min(case when survival <= 0.5 + 1e-12 then day end) as median_lifetime_days,
        sum(survival * days_until_next) as restricted_mean_lifetime_days,
        max(day) as longest_observed_days
    from steps
    group by 1, 2
),

final as (
    select
        segment_dimension,
        segment_value,
        cast(customers as {{ dbt.type_bigint() }}) as customers,
        cast(lapsed_customers as {{ dbt.type_bigint() }}) as lapsed_customers,
        cast(median_lifetime_days as {{ dbt.type_bigint() }}) as median_lifetime_days,
        cast(restricted_mean_lifetime_days as {{ retention.type_double() }}) as restricted_mean_lifetime_days,
        cast(longest_observed_days as {{ dbt.type_bigint() }}) as longest_observed_days
    from summarised
)

select * from final
