-- One row per period for the customers who started in the same period and share all segment attributes: every
-- count and amount that the period marts, cohorts and revenue bridge sum up.

with

cohort_revenue as (
    select * from {{ ref("int_retention__cohort_revenue") }}
),

cohort_customers as (
    select * from {{ ref("int_retention__cohort_customers") }}
),

periods as (
    select * from {{ ref("int_retention__periods") }}
),

joined as (
    select
        cohort_customers.*,
        cohort_revenue.orders,
        cohort_revenue.first_orders,
        cohort_revenue.second_orders,
        cohort_revenue.gross_revenue,
        cohort_revenue.discounts,
        cohort_revenue.refunds,
        cohort_revenue.net_revenue,
        cohort_revenue.total_revenue,
        cohort_revenue.later_net_revenue,
        cohort_revenue.known_margin_1,
        cohort_revenue.unknown_margins_1,
        cohort_revenue.known_margin,
        cohort_revenue.unknown_margins
    from cohort_customers
    left join cohort_revenue
        on
            cohort_customers.period_grain = cohort_revenue.period_grain
            and cohort_customers.period_number = cohort_revenue.period_number
            and cohort_customers.cohort_number = cohort_revenue.cohort_number
            and cohort_customers.segment_key = cohort_revenue.segment_key
),

-- Losses after the as-of date have not happened yet: there is no such period.
final as (
    select
        joined.period_grain,
        periods.period_start,
        cohorts.period_start as cohort_start,
        joined.segment_key,
        cast(joined.customers as {{ dbt.type_bigint() }}) as customer_periods,
        cast(joined.ordering_customers as {{ dbt.type_bigint() }}) as ordering_customers,
        cast(joined.repeat_customers as {{ dbt.type_bigint() }}) as repeat_customers,
        cast(joined.returning_customers as {{ dbt.type_bigint() }}) as returning_customers,
        cast(joined.new_customers as {{ dbt.type_bigint() }}) as new_customers,
        cast(joined.reactivated_customers as {{ dbt.type_bigint() }}) as reactivated_customers,
        cast(joined.lost_customers as {{ dbt.type_bigint() }}) as lost_customers,
        cast(coalesce(joined.orders, 0) as {{ dbt.type_bigint() }}) as orders,
        cast(coalesce(joined.first_orders, 0) as {{ dbt.type_bigint() }}) as first_orders,
        cast(coalesce(joined.second_orders, 0) as {{ dbt.type_bigint() }}) as second_orders,
        cast(coalesce(joined.gross_revenue, 0) as {{ retention.type_money() }}) as gross_revenue,
        cast(coalesce(joined.discounts, 0) as {{ retention.type_money() }}) as discounts,
        cast(coalesce(joined.refunds, 0) as {{ retention.type_money() }}) as refunds,
        cast(coalesce(joined.net_revenue, 0) as {{ retention.type_money() }}) as net_revenue,
        cast(coalesce(joined.total_revenue, 0) as {{ retention.type_money() }}) as total_revenue,
        cast(coalesce(joined.later_net_revenue, 0) as {{ retention.type_money() }}) as later_net_revenue,
        cast(coalesce(joined.known_margin_1, 0) as {{ retention.type_money() }}) as known_margin_1,
        cast(coalesce(joined.unknown_margins_1, 0) as {{ dbt.type_bigint() }}) as unknown_margins_1,
        cast(coalesce(joined.known_margin, 0) as {{ retention.type_money() }}) as known_margin,
        cast(coalesce(joined.unknown_margins, 0) as {{ dbt.type_bigint() }}) as unknown_margins,
        cast(joined.new_revenue as {{ retention.type_money() }}) as new_revenue,
        cast(joined.reactivated_revenue as {{ retention.type_money() }}) as reactivated_revenue,
        cast(joined.expansion_revenue as {{ retention.type_money() }}) as expansion_revenue,
        cast(joined.contraction_revenue as {{ retention.type_money() }}) as contraction_revenue,
        cast(joined.churned_revenue as {{ retention.type_money() }}) as churned_revenue,
        cast(joined.adjustment_revenue as {{ retention.type_money() }}) as adjustment_revenue
    from joined
    inner join periods
        on joined.period_grain = periods.period_grain and joined.period_number = periods.period_number
    inner join periods as cohorts
        on joined.period_grain = cohorts.period_grain and joined.cohort_number = cohorts.period_number
)

select * from final
