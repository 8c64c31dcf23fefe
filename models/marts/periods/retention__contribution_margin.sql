-- What is left of a period's revenue after the costs of its orders and of marketing, level by level.

with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

cohort_periods as (
    select * from {{ ref("int_retention__cohort_periods") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

costs as (
    select * from {{ ref("int_retention__costs") }}
),

-- The channel of a retention cost is not the one its customers were acquired through, so costs are known only for all
-- customers.
period_costs as (
    select * from {{ ref("int_retention__period_costs") }}
    where segment_dimension = 'all'
),

known_costs as (
    select * from {{ ref("int_retention__known_costs") }}
),

margins as (
    select
        cohort_periods.period_grain,
        cohort_periods.period_start,
        segments.segment_dimension,
        segments.segment_value,
        case when sum(cohort_periods.unknown_margins_1) = 0 then sum(cohort_periods.known_margin_1) end as margin_1,
        case when sum(cohort_periods.unknown_margins) = 0 then sum(cohort_periods.known_margin) end as margin_2
    from cohort_periods
    inner join segments
        on cohort_periods.segment_key = segments.segment_key
    group by 1, 2, 3, 4
),

joined as (
    select
        period_snapshots.*,
        case when margins.period_grain is null then 0 else margins.margin_1 end as contribution_margin_1,
        case when margins.period_grain is null then 0 else margins.margin_2 end as contribution_margin_2,
        period_costs.acquisition_cost,
        period_costs.retention_cost,
        (select count(*) from costs) > 0 as has_costs,
        known_costs.has_fulfilment_costs,
        known_costs.has_payment_fees
    from period_snapshots
    cross join known_costs
    left join margins
        on
            period_snapshots.period_grain = margins.period_grain
            and period_snapshots.period_start = margins.period_start
            and period_snapshots.segment_dimension = margins.segment_dimension
            and period_snapshots.segment_value = margins.segment_value
    left join period_costs
        on
            period_snapshots.period_grain = period_costs.period_grain
            and period_snapshots.period_start = period_costs.period_start
            and period_snapshots.segment_dimension = period_costs.segment_dimension
            and period_snapshots.segment_value = period_costs.segment_value
),

-- A shop without any recorded marketing costs has none to deduct; otherwise this period's are unknown.
levelled as (
    select
        *,
        net_revenue - contribution_margin_1 as cost_of_goods,
        contribution_margin_1 - contribution_margin_2 as variable_cost,
        case
            when not has_costs then contribution_margin_2
            when acquisition_cost is not null or retention_cost is not null
                then contribution_margin_2 - coalesce(acquisition_cost, 0) - coalesce(retention_cost, 0)
        end as contribution_margin_3
    from joined
),

final as (
    select
        {{ retention.period_key() }},
        orders,
        net_revenue,
        cast(cost_of_goods as {{ retention.type_money() }}) as cost_of_goods,
        cast(contribution_margin_1 as {{ retention.type_money() }}) as contribution_margin_1,
        cast(variable_cost as {{ retention.type_money() }}) as variable_cost,
        cast(contribution_margin_2 as {{ retention.type_money() }}) as contribution_margin_2,
        acquisition_cost,
        retention_cost,
        cast(contribution_margin_3 as {{ retention.type_money() }}) as contribution_margin_3,
        {{ retention.metric_columns_of("retention__contribution_margin") }},
        {{ retention.reasons({
            "cost of goods is unknown": "contribution_margin_1 is null",
            "cost of fulfilment or payment is unknown": "contribution_margin_1 is not null and contribution_margin_2 is null",
            "no cost of marketing is recorded in the period":
                "has_costs and segment_dimension = 'all' and acquisition_cost is null and retention_cost is null",
            "costs of retention are not recorded by segment": "has_costs and segment_dimension <> 'all'",
            "net revenue is not positive": "net_revenue <= 0",
        }) }} as reason,
        {{ retention.reasons({
            "no fulfilment costs": "not has_fulfilment_costs",
            "no payment fees": "not has_payment_fees",
            "no costs of marketing": "not has_costs",
        }) }} as not_recorded
    from levelled
)

select * from final
