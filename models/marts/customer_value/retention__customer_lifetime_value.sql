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

-- The channel of a retention cost is not the one its customers were acquired by, so that costs are known
-- of all customers alone.
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
        {{ dbt.datediff("period_snapshots.period_start", "period_snapshots.period_end", "day") }} + 1 as period_days,
        purchase_frequency.customer_value,
        churn_rate.churn_rate,
        survival_lifetimes.restricted_mean_lifetime_days,
        coalesce(period_margins.margin, 0) as margin,
        coalesce(period_margins.unknown_margins, 0) as unknown_margins,
        period_costs.cost
    from period_snapshots
    {% for source in ["churn_rate", "purchase_frequency", "period_margins", "period_costs"] -%}
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
),

running as (
    select
        *,
        case
            when sum(unknown_margins) over ({{ segment_until_now }}) = 0 then sum(margin) over ({{ segment_until_now }})
        end as cumulative_margin,
        sum(cost) over ({{ segment_until_now }}) as cumulative_cost,
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
            "cost of an order is unknown": "cumulative_margin is null",
            "nobody was acquired so far": "cumulative_customers = 0",
        }) }} as reason
    from running
)

select * from final
