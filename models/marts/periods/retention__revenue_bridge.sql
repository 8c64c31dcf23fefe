-- Why net revenue changed from one period to the next, split by what customers did.

{%- set segment_periods %}
    partition by period_grain, segment_dimension, segment_value
    order by period_start
{%- endset %}

with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

cohort_periods as (
    select * from {{ ref("int_retention__cohort_periods") }}
),

by_segment as (
    select
        cohort_periods.period_grain,
        cohort_periods.period_start,
        segments.segment_dimension,
        segments.segment_value,
        sum(cohort_periods.new_revenue) as new_revenue,
        sum(cohort_periods.reactivated_revenue) as reactivated_revenue,
        sum(cohort_periods.expansion_revenue) as expansion_revenue,
        sum(cohort_periods.contraction_revenue) as contraction_revenue,
        sum(cohort_periods.churned_revenue) as churned_revenue,
        sum(cohort_periods.adjustment_revenue) as adjustment_revenue
    from cohort_periods
    inner join segments
        on cohort_periods.segment_key = segments.segment_key
    group by 1, 2, 3, 4
),

period_totals as (
    select
        {{ retention.period_key() }},
        coalesce(lag(net_revenue) over ({{ segment_periods }}), 0) as previous_revenue,
        net_revenue as current_revenue
    from period_snapshots
),

bridged as (
    select
        period_totals.*,
        coalesce(by_segment.new_revenue, 0) as new_revenue,
        coalesce(by_segment.reactivated_revenue, 0) as reactivated_revenue,
        coalesce(by_segment.expansion_revenue, 0) as expansion_revenue,
        coalesce(by_segment.contraction_revenue, 0) as contraction_revenue,
        coalesce(by_segment.churned_revenue, 0) as churned_revenue,
        coalesce(by_segment.adjustment_revenue, 0) as adjustment_revenue
    from period_totals
    left join by_segment
        on
            period_totals.period_grain = by_segment.period_grain
            and period_totals.period_start = by_segment.period_start
            and period_totals.segment_dimension = by_segment.segment_dimension
            and period_totals.segment_value = by_segment.segment_value
),

final as (
    select
        {{ retention.period_key() }},
        cast(previous_revenue as {{ retention.type_money() }}) as previous_revenue,
        cast(new_revenue as {{ retention.type_money() }}) as new_revenue,
        cast(reactivated_revenue as {{ retention.type_money() }}) as reactivated_revenue,
        cast(expansion_revenue as {{ retention.type_money() }}) as expansion_revenue,
        cast(contraction_revenue as {{ retention.type_money() }}) as contraction_revenue,
        cast(churned_revenue as {{ retention.type_money() }}) as churned_revenue,
        cast(adjustment_revenue as {{ retention.type_money() }}) as adjustment_revenue,
        cast(current_revenue as {{ retention.type_money() }}) as current_revenue,
        {{ retention.metric_columns("net_revenue_retention") }},
        {{ retention.metric_columns("gross_revenue_retention") }}
    from bridged
)

select * from final
