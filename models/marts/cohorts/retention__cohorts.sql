-- How the customers of a cohort developed. Purchases, gains, losses and last purchases count in
-- the period in which they happen; running sums over age fill the cells in which nothing did.

{%- set cohort_until_now %}
    partition by cohort_grain, cohort_start, segment_dimension, segment_value
    order by age rows between unbounded preceding and current row
{%- endset %}

with

periods as (
    select * from {{ ref("int_retention__periods") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

customer_lifetimes as (
    select * from {{ ref("int_retention__customer_lifetimes") }}
),

cohort_costs as (
    select * from {{ ref("int_retention__cohort_costs") }}
),

cohort_periods as (
    select
        period_grain as cohort_grain,
        cohort_start,
        segment_key,
        period_start,
        first_orders as cohort_customers,
        ordering_customers,
        orders,
        net_revenue,
        known_margin_1,
        unknown_margins_1,
        known_margin,
        unknown_margins,
        new_customers + reactivated_customers - lost_customers as gained_customers
    from {{ ref("int_retention__cohort_periods") }}
),

last_purchases as (
    select
        'week' as cohort_grain,
        {{ retention.period_start("week", "first_order_date") }} as cohort_start,
        {{ retention.period_start("week", "last_order_date") }} as period_start,
        segment_key,
        count(*) as last_purchases
    from customer_lifetimes
    where {{ retention.is_built("week") }}
    group by 1, 2, 3, 4

    union all

    select
        'month' as cohort_grain,
        {{ retention.period_start("month", "first_order_date") }} as cohort_start,
        {{ retention.period_start("month", "last_order_date") }} as period_start,
        segment_key,
        count(*) as last_purchases
    from customer_lifetimes
    where {{ retention.is_built("month") }}
    group by 1, 2, 3, 4

    union all

    select
        'quarter' as cohort_grain,
        {{ retention.period_start("quarter", "first_order_date") }} as cohort_start,
        {{ retention.period_start("quarter", "last_order_date") }} as period_start,
        segment_key,
        count(*) as last_purchases
    from customer_lifetimes
    where {{ retention.is_built("quarter") }}
    group by 1, 2, 3, 4

    union all

    select
        'year' as cohort_grain,
        {{ retention.period_start("year", "first_order_date") }} as cohort_start,
        {{ retention.period_start("year", "last_order_date") }} as period_start,
        segment_key,
        count(*) as last_purchases
    from customer_lifetimes
    where {{ retention.is_built("year") }}
    group by 1, 2, 3, 4
),

-- Customers whose last purchase is in the period, beside the totals of the period.
by_segment_key as (
    select
        cohort_grain,
        cohort_start,
        segment_key,
        period_start,
        cohort_customers,
        ordering_customers,
        orders,
        net_revenue,
        known_margin_1,
        unknown_margins_1,
        known_margin,
        unknown_margins,
        gained_customers,
        0 as last_purchases
    from cohort_periods

    union all

    select
        cohort_grain,
        cohort_start,
        segment_key,
        period_start,
        0 as cohort_customers,
        0 as ordering_customers,
        0 as orders,
        0 as net_revenue,
        0 as known_margin_1,
        0 as unknown_margins_1,
        0 as known_margin,
        0 as unknown_margins,
        0 as gained_customers,
        last_purchases
    from last_purchases
),

-- A refund dated before the first purchase counts at age 0, so no revenue of a cohort is missing.
by_segment as (
    select
        by_segment_key.cohort_grain,
        by_segment_key.cohort_start,
        segments.segment_dimension,
        segments.segment_value,
        greatest(by_segment_key.period_start, by_segment_key.cohort_start) as period_start,
        sum(by_segment_key.cohort_customers) as cohort_customers,
        sum(by_segment_key.ordering_customers) as ordering_customers,
        sum(by_segment_key.orders) as orders,
        sum(by_segment_key.net_revenue) as net_revenue,
        sum(by_segment_key.known_margin_1) as known_margin_1,
        sum(by_segment_key.unknown_margins_1) as unknown_margins_1,
        sum(by_segment_key.known_margin) as known_margin,
        sum(by_segment_key.unknown_margins) as unknown_margins,
        sum(by_segment_key.gained_customers) as gained_customers,
        sum(by_segment_key.last_purchases) as last_purchases
    from by_segment_key
    inner join segments
        on by_segment_key.segment_key = segments.segment_key
    group by 1, 2, 3, 4, 5
),

cohorts as (
    select
        cohort_grain,
        cohort_start,
        segment_dimension,
        segment_value,
        sum(cohort_customers) as cohort_customers
    from by_segment
    group by 1, 2, 3, 4
    having sum(cohort_customers) > 0
),

-- Every age from the cohort's own period to the last one, even where nothing happened.
cells as (
    select
        cohorts.*,
        periods.period_number - cohort_periods.period_number as age,
        periods.is_complete,
        coalesce(by_segment.ordering_customers, 0) as ordering_customers,
        coalesce(by_segment.orders, 0) as orders,
        coalesce(by_segment.net_revenue, 0) as net_revenue,
        coalesce(by_segment.known_margin_1, 0) as known_margin_1,
        coalesce(by_segment.unknown_margins_1, 0) as unknown_margins_1,
        coalesce(by_segment.known_margin, 0) as known_margin,
        coalesce(by_segment.unknown_margins, 0) as unknown_margins,
        coalesce(by_segment.gained_customers, 0) as gained_customers,
        coalesce(by_segment.last_purchases, 0) as last_purchases
    from cohorts
    inner join periods as cohort_periods
        on
            cohorts.cohort_grain = cohort_periods.period_grain
            and cohorts.cohort_start = cohort_periods.period_start
    inner join periods
        on
            cohorts.cohort_grain = periods.period_grain
            and cohorts.cohort_start <= periods.period_start
    left join by_segment
        on
            cohorts.cohort_grain = by_segment.cohort_grain
            and cohorts.cohort_start = by_segment.cohort_start
            and cohorts.segment_dimension = by_segment.segment_dimension
            and cohorts.segment_value = by_segment.segment_value
            and periods.period_start = by_segment.period_start
),

running as (
    select
        *,
        sum(gained_customers) over ({{ cohort_until_now }}) as active_customers,
        cohort_customers + last_purchases - sum(last_purchases) over ({{ cohort_until_now }}) as returned_on_or_after,
        sum(orders) over ({{ cohort_until_now }}) as cumulative_orders,
        sum(net_revenue) over ({{ cohort_until_now }}) as cumulative_net_revenue,
        case
            when sum(unknown_margins_1) over ({{ cohort_until_now }}) = 0 then sum(known_margin_1) over ({{ cohort_until_now }})
        end as cumulative_margin_1,
        case
            when sum(unknown_margins) over ({{ cohort_until_now }}) = 0 then sum(known_margin) over ({{ cohort_until_now }})
        end as cumulative_margin
    from cells
),

-- Acquisition is paid for when the cohort starts, so every age has the full cost.
final as (
    select
        running.cohort_grain,
        running.cohort_start,
        running.segment_dimension,
        running.segment_value,
        cast(running.age as {{ dbt.type_bigint() }}) as age,
        cast(running.cohort_customers as {{ dbt.type_bigint() }}) as cohort_customers,
        cast(running.ordering_customers as {{ dbt.type_bigint() }}) as ordering_customers,
        cast(running.active_customers as {{ dbt.type_bigint() }}) as active_customers,
        cast(running.returned_on_or_after as {{ dbt.type_bigint() }}) as returned_on_or_after,
        cast(running.cumulative_orders as {{ dbt.type_bigint() }}) as cumulative_orders,
        cast(running.cumulative_net_revenue as {{ retention.type_money() }}) as cumulative_net_revenue,
        {{ retention.ratio("running.ordering_customers", "running.cohort_customers") }} as retention_rate,
        {{ retention.ratio("running.cumulative_net_revenue", "running.cohort_customers") }} as cumulative_value_per_customer,
        running.is_complete,
        cast(running.cumulative_margin_1 as {{ retention.type_money() }}) as cumulative_contribution_margin_1,
        cast(running.cumulative_margin as {{ retention.type_money() }}) as cumulative_margin,
        {{ retention.ratio("running.cumulative_margin", "running.cohort_customers") }} as cumulative_margin_per_customer,
        cohort_costs.acquisition_cost,
        cast(running.cumulative_margin - cohort_costs.acquisition_cost as {{ retention.type_money() }}) as cumulative_contribution_margin_3,
        {{ retention.ratio("running.cumulative_margin", "cohort_costs.acquisition_cost") }} as ltv_to_cac,
        running.cumulative_margin >= cohort_costs.acquisition_cost as is_paid_back
    from running
    left join cohort_costs
        on
            running.cohort_grain = cohort_costs.cohort_grain
            and running.cohort_start = cohort_costs.cohort_start
            and running.segment_dimension = cohort_costs.segment_dimension
            and running.segment_value = cohort_costs.segment_value
)

select * from final
