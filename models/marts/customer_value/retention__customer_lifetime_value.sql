{%- set segment_until_now %}
    partition by period_grain, segment_dimension, segment_value
    order by period_start
    rows between unbounded preceding and current row
{%- endset %}

with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

churn_rate as (
    select * from {{ ref("retention__churn_rate") }}
),

purchase_frequency as (
    select * from {{ ref("retention__purchase_frequency") }}
),

survival_lifetimes as (
    select * from {{ ref("retention__survival_lifetimes") }}
),

acquired_margins as (
    select * from {{ ref("int_retention__acquired_margins") }}
),

-- The channel of a retention cost is not the one its customers were acquired through, so costs are known only for all
-- customers.
period_costs as (
    select
        *,
        coalesce(acquisition_cost, 0) + coalesce(retention_cost, 0) as cost
    from {{ ref("int_retention__period_costs") }}
    where segment_dimension = 'all'
),

costs as (
    select * from {{ ref("int_retention__costs") }}
),

mature_values as (
    select
        period_grain,
        period_start,
        segment_dimension,
        segment_value,
        customers as new_mature_customers,
        net_revenue as new_mature_net_revenue,
        known_margin as new_mature_margin,
        unknown_margins as new_unknown_margins
    from {{ ref("int_retention__mature_values") }}
),

customer_predictions as (
    select * from {{ ref("int_retention__customer_predictions") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

predicted_by_key as (
    select
        customer_segments.segment_key,
        count(*) as customers,
        count(customer_predictions.predicted_clv) as predicted_customers,
        sum(customer_predictions.predicted_clv) as predicted_value
    from customer_predictions
    inner join customer_segments
        on customer_predictions.customer_key = customer_segments.customer_key
    group by 1
),

-- Measured on the as-of date, so it is the same in every period.
predicted_values as (
    select
        segments.segment_dimension,
        segments.segment_value,
        sum(predicted_by_key.predicted_customers) as predicted_customers,
        case
            when sum(predicted_by_key.predicted_customers) = sum(predicted_by_key.customers)
                then sum(predicted_by_key.predicted_value)
        end as predicted_value
    from predicted_by_key
    inner join segments
        on predicted_by_key.segment_key = segments.segment_key
    group by 1, 2
),

period_margins as (
    select
        period_grain,
        period_start,
        segment_dimension,
        segment_value,
        sum(margin) as margin,
        count(*) - count(margin) as unknown_margins
    from acquired_margins
    group by 1, 2, 3, 4
),

joined as (
    select
        period_snapshots.*,
        {{ retention.days_between("period_snapshots.period_start", "period_snapshots.period_end") }} + 1 as period_days,
        purchase_frequency.customer_value,
        churn_rate.churn_rate,
        survival_lifetimes.restricted_mean_lifetime_days,
        coalesce(period_margins.margin, 0) as margin,
        coalesce(period_margins.unknown_margins, 0) as unknown_margins,
        period_costs.cost,
        coalesce(mature_values.new_mature_customers, 0) as new_mature_customers,
        coalesce(mature_values.new_mature_net_revenue, 0) as new_mature_net_revenue,
        coalesce(mature_values.new_mature_margin, 0) as new_mature_margin,
        coalesce(mature_values.new_unknown_margins, 0) as new_unknown_margins,
        predicted_values.predicted_customers,
        predicted_values.predicted_value
    from period_snapshots
    {% for source in ["churn_rate", "purchase_frequency", "period_margins", "period_costs", "mature_values"] -%}
    left join {{ source }}
        on
            period_snapshots.period_grain = {{ source }}.period_grain
            and period_snapshots.period_start = {{ source }}.period_start
            and period_snapshots.segment_dimension = {{ source }}.segment_dimension
            and period_snapshots.segment_value = {{ source }}.segment_value
    {% endfor -%}
    left join survival_lifetimes
        on
            period_snapshots.segment_dimension = survival_lifetimes.segment_dimension
            and period_snapshots.segment_value = survival_lifetimes.segment_value
    left join predicted_values
        on
            period_snapshots.segment_dimension = predicted_values.segment_dimension
            and period_snapshots.segment_value = predicted_values.segment_value
),

running as (
    select
        *,
        case
            when sum(unknown_margins) over ({{ segment_until_now }}) = 0 then sum(margin) over ({{ segment_until_now }})
        end as cumulative_margin,
        sum(cost) over ({{ segment_until_now }}) as cumulative_cost,
        sum(new_mature_customers) over ({{ segment_until_now }}) as mature_customers,
        sum(new_mature_net_revenue) over ({{ segment_until_now }}) as mature_net_revenue,
        case
            when sum(new_unknown_margins) over ({{ segment_until_now }}) = 0
                then sum(new_mature_margin) over ({{ segment_until_now }})
        end as mature_margin,
        (select count(*) from costs) > 0 as has_costs
    from joined
),

final as (
    select
        {{ retention.period_key() }},
        cast(period_days as {{ dbt.type_bigint() }}) as period_days,
        customer_value,
        churn_rate,
        restricted_mean_lifetime_days,
        cast(cumulative_margin as {{ retention.type_money() }}) as cumulative_margin,
        cast(cumulative_cost as {{ retention.type_money() }}) as cumulative_cost,
        cumulative_customers,
        cast(mature_customers as {{ dbt.type_bigint() }}) as mature_customers,
        cast(mature_net_revenue as {{ retention.type_money() }}) as mature_net_revenue,
        cast(mature_margin as {{ retention.type_money() }}) as mature_margin,
        cast(predicted_customers as {{ dbt.type_bigint() }}) as predicted_customers,
        cast(predicted_value as {{ retention.type_money() }}) as predicted_value,
        {{ retention.metric_columns_of("retention__customer_lifetime_value") }},
        {{ retention.reasons({
            "warm-up period": "is_warm_up",
            "the period is not complete": "not is_complete",
            "no opening customers": "opening_customers = 0 and not is_warm_up",
            "nobody was lost": "churn_rate = 0",
            "nobody ordered": "customer_value is null",
            "no lifetime is known": "restricted_mean_lifetime_days is null",
            "no costs are given": "not has_costs",
            "costs of retention are not recorded by segment": "has_costs and segment_dimension <> 'all'",
            "no cost is recorded so far": "has_costs and segment_dimension = 'all' and cumulative_cost is null",
            "cost of an order is unknown": "cumulative_margin is null or mature_margin is null",
            "nobody is 365 days old yet": "mature_customers = 0",
            "no model predicts": "predicted_value is null",
            "nobody was acquired so far": "cumulative_customers = 0",
        }) }} as reason
    from running
)

select * from final
