-- What the customers acquired in a period have brought in so far, and how many periods it took to cover their
-- acquisition cost: 0 is the period itself, NULL is not yet.

with

acquired_margins as (
    select * from {{ ref("int_retention__acquired_margins") }}
),

period_costs as (
    select * from {{ ref("int_retention__period_costs") }}
),

periods as (
    select * from {{ ref("int_retention__periods") }}
),

cumulated as (
    select
        acquired_margins.*,
        periods.period_number,
        sum(acquired_margins.margin) over (
            partition by
                acquired_margins.period_grain, acquired_margins.acquired_period_start,
                acquired_margins.segment_dimension, acquired_margins.segment_value
            order by acquired_margins.period_start
            rows between unbounded preceding and current row
        ) as cumulative_margin
    from acquired_margins
    inner join periods
        on
            acquired_margins.period_grain = periods.period_grain
            and acquired_margins.period_start = periods.period_start
),

final as (
    select
        cumulated.period_grain,
        cumulated.acquired_period_start as period_start,
        cumulated.segment_dimension,
        cumulated.segment_value,
        {{ retention.sum_if_known("cumulated.margin") }} as acquired_margin,
        case
            when count(cumulated.margin) = count(*)
                then min(case when cumulated.cumulative_margin >= period_costs.acquisition_cost then cumulated.period_number end)
        end - min(acquired_periods.period_number) as payback_periods
    from cumulated
    inner join periods as acquired_periods
        on
            cumulated.period_grain = acquired_periods.period_grain
            and cumulated.acquired_period_start = acquired_periods.period_start
    left join period_costs
        on
            cumulated.period_grain = period_costs.period_grain
            and cumulated.acquired_period_start = period_costs.period_start
            and cumulated.segment_dimension = period_costs.segment_dimension
            and cumulated.segment_value = period_costs.segment_value
    group by 1, 2, 3, 4
)

select * from final
