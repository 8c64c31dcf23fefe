with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

periods as (
    select * from {{ ref("int_retention__periods") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

customers as (
    select * from {{ ref("int_retention__customers") }}
),

costs as (
    select * from {{ ref("int_retention__costs") }}
),

period_costs as (
    select * from {{ ref("int_retention__period_costs") }}
),

referred_customers as (
    select * from {{ ref("int_retention__referred_customers") }}
),

acquisition_returns as (
    select * from {{ ref("int_retention__acquisition_returns") }}
),

customer_lifetime_value as (
    select * from {{ ref("retention__customer_lifetime_value") }}
),

repurchases as (
    select
        cohort_grain as period_grain,
        cohort_start as period_start,
        segment_dimension,
        segment_value,
        sum(case when window_days = 90 then mature_customers end) as mature_customers_90_days,
        sum(case when window_days = 90 then repurchased_customers end) as repurchased_customers_90_days,
        sum(case when window_days = 365 then mature_customers end) as mature_customers_365_days,
        sum(case when window_days = 365 then repurchased_customers end) as repurchased_customers_365_days
    from {{ ref("retention__repurchase_windows") }}
    group by 1, 2, 3, 4
),

-- Without any costs or referrals in the data, their figures are unknown.
known_inputs as (
    select
        (select count(*) from costs) > 0 as has_costs,
        (select count(customers.referred_by_customer_id) from customers) > 0 as has_referrals
),

-- Channels that cost money but brought no customer have rows too, so that costs sum to the total.
segment_values as (
    select
        segment_dimension,
        segment_value
    from segments

    {{ retention.union_distinct() }}

    select
        segment_dimension,
        segment_value
    from period_costs
),

joined as (
    select
        periods.period_grain,
        periods.period_start,
        segment_values.segment_dimension,
        segment_values.segment_value,
        periods.period_end,
        periods.is_complete,
        periods.is_warm_up,
        known_inputs.has_costs,
        {{ retention.has_costs_by("segment_values.segment_dimension") }} as has_costs_by_dimension,
        coalesce(period_snapshots.acquired_customers, 0) as acquired_customers,
        case when known_inputs.has_referrals then coalesce(referred_customers.referred_customers, 0) end as referred_customers,
        period_costs.acquisition_cost,
        period_costs.retention_cost,
        case when period_snapshots.acquired_customers > 0 then acquisition_returns.acquired_margin else 0 end as acquired_margin,
        acquisition_returns.payback_periods,
        coalesce(repurchases.mature_customers_90_days, 0) as mature_customers_90_days,
        coalesce(repurchases.repurchased_customers_90_days, 0) as repurchased_customers_90_days,
        coalesce(repurchases.mature_customers_365_days, 0) as mature_customers_365_days,
        coalesce(repurchases.repurchased_customers_365_days, 0) as repurchased_customers_365_days,
        customer_lifetime_value.formula_clv,
        coalesce(customer_lifetime_value.margin_clv_365_days, customer_lifetime_value.clv_365_days) as clv,
        case
            when customer_lifetime_value.margin_clv_365_days is not null then 'margin'
            when customer_lifetime_value.clv_365_days is not null then 'net revenue'
        end as clv_basis
    from periods
    cross join segment_values
    cross join known_inputs
    {%- for source in [
        "period_snapshots", "period_costs", "referred_customers", "acquisition_returns", "customer_lifetime_value",
        "repurchases",
    ] %}
    left join {{ source }}
        on
            periods.period_grain = {{ source }}.period_grain
            and periods.period_start = {{ source }}.period_start
            and segment_values.segment_dimension = {{ source }}.segment_dimension
            and segment_values.segment_value = {{ source }}.segment_value
    {%- endfor %}
),

measured as (
    select
        *,
        {{ retention.metric_columns("customer_acquisition_cost") }}
    from joined
),

final as (
    select
        {{ retention.period_key() }},
        acquired_customers,
        referred_customers,
        acquisition_cost,
        retention_cost,
        cast(acquired_margin as {{ retention.type_money() }}) as acquired_margin,
        formula_clv,
        clv,
        clv_basis,
        customer_acquisition_cost,
        cast(payback_periods as {{ dbt.type_bigint() }}) as payback_periods,
        cast(mature_customers_90_days as {{ dbt.type_bigint() }}) as mature_customers_90_days,
        cast(repurchased_customers_90_days as {{ dbt.type_bigint() }}) as repurchased_customers_90_days,
        cast(mature_customers_365_days as {{ dbt.type_bigint() }}) as mature_customers_365_days,
        cast(repurchased_customers_365_days as {{ dbt.type_bigint() }}) as repurchased_customers_365_days,
        {{ retention.metric_columns_of("retention__acquisition", without=["customer_acquisition_cost"]) }},
        {{ retention.reasons({
            "no costs are given": "not has_costs",
            "costs are not recorded by this segment dimension": "has_costs and not has_costs_by_dimension",
            "no acquisition cost is recorded": "has_costs and has_costs_by_dimension and acquisition_cost is null",
            "no retention cost is recorded": "has_costs and has_costs_by_dimension and retention_cost is null",
            "acquisition cost is zero": "acquisition_cost = 0",
            "nobody was acquired": "acquired_customers = 0",
            "cost of an order is unknown": "acquired_margin is null",
            "nobody is 365 days old yet": "clv is null",
            "acquisition cost is not earned back yet":
                "acquired_customers > 0 and acquired_margin is not null and acquisition_cost is not null"
                ~ " and payback_periods is null",
            "no customer record names a referrer": "referred_customers is null",
        }) }} as reason
    from measured
)

select * from final
