-- What became of the customers who started together. Purchases, comings and goings and last purchases
-- are counted where they happen; running sums over age fill the cells in which nothing did.

{%- set cohort_until_now %}
    partition by cohort_grain, cohort_start, segment_dimension, segment_value
    order by age
    rows between unbounded preceding and current row
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
        new_customers + reactivated_customers - lost_customers as gained_customers
    from {{ ref("int_retention__cohort_periods") }}
),

period_grains as (
    select distinct period_grain as cohort_grain from periods
),

last_purchases as (
    select
        period_grains.cohort_grain,
        {{ retention.period_start_by_grain("period_grains.cohort_grain", "customer_lifetimes.first_order_date") }} as cohort_start,
        customer_lifetimes.segment_key,
        {{ retention.period_start_by_grain("period_grains.cohort_grain", "customer_lifetimes.last_order_date") }} as period_start,
        count(*) as last_purchases
    from customer_lifetimes
    cross join period_grains
    group by 1, 2, 3, 4
),

{% set quantities = {
    "cohort_periods": ["cohort_customers", "ordering_customers", "orders", "net_revenue", "gained_customers"],
    "last_purchases": ["last_purchases"],
} -%}
{%- set columns = quantities.values() | sum(start=[]) -%}

by_segment_key as (
    {%- for source, source_columns in quantities.items() %}
    select
        cohort_grain,
        cohort_start,
        segment_key,
        period_start,
        {%- for column in columns %}
        {{ column if column in source_columns else 0 }} as {{ column }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ source }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

-- A refund dated before the first purchase counts at age 0, so that no money of a cohort is missing.
by_segment as (
    select
        by_segment_key.cohort_grain,
        by_segment_key.cohort_start,
        segments.segment_dimension,
        segments.segment_value,
        greatest(by_segment_key.period_start, by_segment_key.cohort_start) as period_start,
        {%- for column in columns %}
        sum(by_segment_key.{{ column }}) as {{ column }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
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

-- Every age from the cohort's own period to the last one, also where nothing happened.
cells as (
    select
        cohorts.*,
        periods.period_number - cohort_periods.period_number as age,
        periods.is_complete,
        {%- for column in columns if column != "cohort_customers" %}
        coalesce(by_segment.{{ column }}, 0) as {{ column }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
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
        sum(net_revenue) over ({{ cohort_until_now }}) as cumulative_net_revenue
    from cells
),

final as (
    select
        cohort_grain,
        cohort_start,
        segment_dimension,
        segment_value,
        cast(age as {{ dbt.type_bigint() }}) as age,
        {%- for column in [
            "cohort_customers", "ordering_customers", "active_customers", "returned_on_or_after", "cumulative_orders",
        ] %}
        cast({{ column }} as {{ dbt.type_bigint() }}) as {{ column }},
        {%- endfor %}
        cast(cumulative_net_revenue as {{ retention.type_money() }}) as cumulative_net_revenue,
        {{ retention.ratio("ordering_customers", "cohort_customers") }} as retention_rate,
        {{ retention.ratio("cumulative_net_revenue", "cohort_customers") }} as cumulative_value_per_customer,
        is_complete
    from running
)

select * from final
