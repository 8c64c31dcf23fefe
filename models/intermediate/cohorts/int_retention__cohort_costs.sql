-- What it cost to acquire the customers of a cohort: those of one period, and all customers (grain `all`). No
-- row where no acquisition cost is recorded.

with

period_costs as (
    select * from {{ ref("int_retention__period_costs") }}
    where acquisition_cost is not null
),

costs as (
    select * from {{ ref("int_retention__costs") }}
    where purpose = 'acquisition'
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

-- No single grain has to cover every cost: a week can start before its year, and a year before its first week.
costs_of_all_periods as (
    select
        'all' as segment_dimension,
        'all' as segment_value,
        amount
    from costs
    {%- for dimension in retention.channel_dimensions() %}

    union all

    select
        {{ retention.text_literal(dimension) }} as segment_dimension,
        coalesce(channel, 'unknown') as segment_value,
        amount
    from costs
    {%- endfor %}
),

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
        costs_of_all_periods.segment_dimension,
        costs_of_all_periods.segment_value,
        costs_of_all_periods.amount as acquisition_cost
    from costs_of_all_periods
    cross join reporting_dates
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
