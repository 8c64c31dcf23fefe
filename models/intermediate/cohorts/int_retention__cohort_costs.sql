-- What it cost to acquire the customers of a cohort: those of one period and of all periods together (grain `all`). There
-- is no row where no acquisition cost is recorded.

with

period_costs as (
    select * from {{ ref("int_retention__period_costs") }}
    where acquisition_cost is not null
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

-- The periods of each grain hold every cost, so those of one grain are enough.
every_cohort as (
    select
        period_grain as cohort_grain,
        period_start as cohort_start,
        segment_dimension,
        segment_value,
        acquisition_cost
    from period_costs

    union all

    select
        'all' as cohort_grain,
        reporting_dates.first_order_date as cohort_start,
        period_costs.segment_dimension,
        period_costs.segment_value,
        period_costs.acquisition_cost
    from period_costs
    cross join reporting_dates
    where period_costs.period_grain = '{{ retention.shortest_grain() }}'
),

final as (
    select
        cohort_grain,
        cohort_start,
        segment_dimension,
        segment_value,
        cast(sum(acquisition_cost) as {{ retention.type_money() }}) as acquisition_cost
    from every_cohort
    group by 1, 2, 3, 4
)

select * from final
