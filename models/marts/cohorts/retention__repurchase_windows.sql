-- How many customers buy again within a window of days after their first order, and what they are worth by then. Only
-- customers who are old enough for a window count in it, so a young cohort does not look like a bad one. Dimensions
-- derived from the first order are included here without being named in the settings.

with

cohort_days as (
    select * from {{ ref("int_retention__cohort_days") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

periods as (
    select * from {{ ref("int_retention__periods") }}
),

first_order_windows as (
    select * from {{ ref("int_retention__first_order_windows") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
    {%- for dimension in retention.dimensions_of_windows() %}

    union all

    select distinct
        segment_key,
        {{ retention.text_literal(dimension) }} as segment_dimension,
        {{ dimension }} as segment_value
    from first_order_windows
    {%- endfor %}
),

costs as (
    select * from {{ ref("int_retention__costs") }}
),

cohort_costs as (
    select * from {{ ref("int_retention__cohort_costs") }}
),

cohort_paybacks as (
    select * from {{ ref("int_retention__cohort_paybacks") }}
),

windows as (
    {%- for window in retention.repurchase_windows() %}
    select {{ window }} as window_days
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- The shortest window that covers each day. A refund dated before the first order counts on the first day.
aged as (
    select
        *,
        case
            {%- for window in retention.repurchase_windows() %}
            when revenue_date <= {{ retention.add_days(window, "first_order_date") }} then {{ window }}
            {%- endfor %}
        end as window_days
    from cohort_days
),

reached as (
    select
        first_order_date,
        segment_key,
        window_days,
        sum(first_orders) as customers,
        sum(second_orders) as repurchased_customers,
        sum(orders) as orders,
        sum(net_revenue) as net_revenue,
        sum(known_margin) as known_margin,
        sum(unknown_margins) as unknown_margins
    from aged
    where window_days is not null
    group by 1, 2, 3

    union all

    select
        first_order_date,
        segment_key,
        window_days,
        customers,
        repurchased_customers,
        orders,
        net_revenue,
        known_margin,
        unknown_margins
    from first_order_windows
),

-- Every window includes the shorter ones.
by_first_day as (
    select
        reached.first_order_date,
        reached.segment_key,
        windows.window_days,
        {{ retention.add_days("windows.window_days", "reached.first_order_date") }} <= reporting_dates.as_of_date as is_mature,
        sum(reached.customers) as customers,
        sum(reached.repurchased_customers) as repurchased_customers,
        sum(reached.orders) as orders,
        sum(reached.net_revenue) as net_revenue,
        sum(reached.known_margin) as known_margin,
        sum(reached.unknown_margins) as unknown_margins
    from reached
    inner join windows
        on reached.window_days <= windows.window_days
    cross join reporting_dates
    group by 1, 2, 3, 4
),

cohort_starts as (
    {{ retention.cohorts_of_every_grain("by_first_day") }}
),

cohorts as (
    select
        cohort_starts.cohort_grain,
        cohort_starts.cohort_start,
        segments.segment_dimension,
        segments.segment_value,
        cohort_starts.window_days,
        sum(cohort_starts.customers) as cohort_customers,
        sum(case when cohort_starts.is_mature then cohort_starts.customers else 0 end) as mature_customers,
        sum(case when cohort_starts.is_mature then cohort_starts.repurchased_customers else 0 end) as repurchased_customers,
        sum(case when cohort_starts.is_mature then cohort_starts.orders else 0 end) as orders,
        sum(case when cohort_starts.is_mature then cohort_starts.net_revenue else 0 end) as net_revenue,
        sum(case when cohort_starts.is_mature then cohort_starts.known_margin else 0 end) as known_margin,
        sum(case when cohort_starts.is_mature then cohort_starts.unknown_margins else 0 end) as unknown_margins
    from cohort_starts
    inner join segments
        on cohort_starts.segment_key = segments.segment_key
    group by 1, 2, 3, 4, 5
),

joined as (
    select
        cohorts.*,
        case when cohorts.unknown_margins = 0 then cohorts.known_margin end as margin,
        cohort_costs.acquisition_cost,
        cohort_paybacks.payback_day,
        cohorts.mature_customers = cohorts.cohort_customers and coalesce(periods.is_complete, true) as is_complete,
        (select count(*) from costs) > 0 as has_costs,
        {{ retention.has_costs_by("cohorts.segment_dimension") }} as has_costs_by_dimension
    from cohorts
    left join periods
        on
            cohorts.cohort_grain = periods.period_grain
            and cohorts.cohort_start = periods.period_start
    left join cohort_costs
        on
            cohorts.cohort_grain = cohort_costs.cohort_grain
            and cohorts.cohort_start = cohort_costs.cohort_start
            and cohorts.segment_dimension = cohort_costs.segment_dimension
            and cohorts.segment_value = cohort_costs.segment_value
    left join cohort_paybacks
        on
            cohorts.cohort_grain = cohort_paybacks.cohort_grain
            and cohorts.cohort_start = cohort_paybacks.cohort_start
            and cohorts.segment_dimension = cohort_paybacks.segment_dimension
            and cohorts.segment_value = cohort_paybacks.segment_value
),

divided as (
    select
        *,
        {{ retention.ratio("margin", "mature_customers") }} as margin_per_customer,
        {{ retention.ratio("acquisition_cost", "cohort_customers") }} as customer_acquisition_cost
    from joined
),

final as (
    select
        cohort_grain,
        cohort_start,
        segment_dimension,
        segment_value,
        cast(window_days as {{ dbt.type_bigint() }}) as window_days,
        cast(cohort_customers as {{ dbt.type_bigint() }}) as cohort_customers,
        cast(mature_customers as {{ dbt.type_bigint() }}) as mature_customers,
        cast(repurchased_customers as {{ dbt.type_bigint() }}) as repurchased_customers,
        {{ retention.ratio("repurchased_customers", "mature_customers") }} as repurchase_rate,
        {{ retention.wilson_bound("repurchased_customers", "mature_customers", "low") }} as repurchase_rate_low,
        {{ retention.wilson_bound("repurchased_customers", "mature_customers", "high") }} as repurchase_rate_high,
        cast(orders as {{ dbt.type_bigint() }}) as orders,
        cast(net_revenue as {{ retention.type_money() }}) as net_revenue,
        {{ retention.ratio("net_revenue", "mature_customers") }} as net_revenue_per_customer,
        cast(margin as {{ retention.type_money() }}) as margin,
        margin_per_customer,
        customer_acquisition_cost,
        {{ retention.ratio("margin_per_customer", "customer_acquisition_cost") }} as ltv_to_cac,
        cast(payback_day as {{ dbt.type_bigint() }}) as payback_day,
        is_complete,
        {{ retention.reasons({
            "nobody is old enough yet": "mature_customers = 0",
            "cost of an order is unknown": "margin is null",
            "no costs are given": "not has_costs",
            "costs are not recorded by this segment dimension": "has_costs and not has_costs_by_dimension",
            "no acquisition cost is recorded": "has_costs and has_costs_by_dimension and acquisition_cost is null",
            "acquisition cost is zero": "acquisition_cost = 0",
            "acquisition cost is not earned back yet": "acquisition_cost is not null and payback_day is null",
        }) }} as reason
    from divided
)

select * from final
