-- The base quantities of every period and segment; every rate is a ratio of two of them.

{%- set segment_until_now %}
    partition by period_grain, segment_dimension, segment_value
    order by period_start
    rows between unbounded preceding and current row
{%- endset %}

with

periods as (
    select * from {{ ref("int_retention__periods") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

cohort_periods as (
    select * from {{ ref("int_retention__cohort_periods") }}
),

unattributed_revenue as (
    select * from {{ ref("int_retention__unattributed_revenue") }}
),

acquired_before_history as (
    select * from {{ ref("int_retention__acquired_before_history") }}
),

segment_values as (
    select distinct
        segment_dimension,
        segment_value
    from segments
),

-- Every period of every segment value, so a period without orders is a row of zeros, not a gap.
period_segments as (
    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.period_name,
        periods.is_complete,
        periods.is_warm_up,
        segment_values.segment_dimension,
        segment_values.segment_value
    from periods
    cross join segment_values
),

known_customers as (
    select
        cohort_periods.period_grain,
        cohort_periods.period_start,
        segments.segment_dimension,
        segments.segment_value,
        sum(cohort_periods.ordering_customers) as ordering_customers,
        sum(cohort_periods.repeat_customers) as repeat_customers,
        sum(cohort_periods.returning_customers) as returning_customers,
        sum(cohort_periods.new_customers) as new_customers,
        sum(cohort_periods.reactivated_customers) as reactivated_customers,
        sum(cohort_periods.lost_customers) as lost_customers,
        sum(cohort_periods.orders) as orders,
        sum(cohort_periods.first_orders) as first_orders,
        sum(cohort_periods.second_orders) as second_orders,
        sum(cohort_periods.gross_revenue) as gross_revenue,
        sum(cohort_periods.discounts) as discounts,
        sum(cohort_periods.refunds) as refunds,
        sum(cohort_periods.net_revenue) as net_revenue,
        sum(cohort_periods.later_net_revenue) as later_net_revenue,
        sum(cohort_periods.total_revenue) as total_revenue
    from cohort_periods
    inner join segments
        on cohort_periods.segment_key = segments.segment_key
    group by 1, 2, 3, 4
),

unattributed as (
    select
        unattributed_revenue.period_grain,
        unattributed_revenue.period_start,
        segments.segment_dimension,
        segments.segment_value,
        sum(unattributed_revenue.orders) as unattributed_orders,
        sum(unattributed_revenue.net_revenue) as unattributed_net_revenue
    from unattributed_revenue
    inner join segments
        on unattributed_revenue.segment_key = segments.segment_key
    group by 1, 2, 3, 4
),

known_before as (
    select
        acquired_before_history.period_grain,
        acquired_before_history.period_start,
        segments.segment_dimension,
        segments.segment_value,
        sum(acquired_before_history.customers) as acquired_before_history
    from acquired_before_history
    inner join segments
        on acquired_before_history.segment_key = segments.segment_key
    group by 1, 2, 3, 4
),

counted as (
    select
        period_segments.*,
        coalesce(known_before.acquired_before_history, 0) as acquired_before_history,
        coalesce(known_customers.ordering_customers, 0) as ordering_customers,
        coalesce(known_customers.repeat_customers, 0) as repeat_customers,
        coalesce(known_customers.returning_customers, 0) as returning_customers,
        coalesce(known_customers.new_customers, 0) as new_customers,
        coalesce(known_customers.reactivated_customers, 0) as reactivated_customers,
        coalesce(known_customers.lost_customers, 0) as lost_customers,
        coalesce(known_customers.orders, 0) as orders,
        coalesce(known_customers.first_orders, 0) as first_orders,
        coalesce(known_customers.second_orders, 0) as second_orders,
        coalesce(known_customers.gross_revenue, 0) as gross_revenue,
        coalesce(known_customers.discounts, 0) as discounts,
        coalesce(known_customers.refunds, 0) as refunds,
        coalesce(known_customers.net_revenue, 0) as net_revenue,
        coalesce(known_customers.later_net_revenue, 0) as later_net_revenue,
        coalesce(known_customers.total_revenue, 0) as total_revenue,
        coalesce(unattributed.unattributed_orders, 0) as unattributed_orders,
        coalesce(unattributed.unattributed_net_revenue, 0) as unattributed_net_revenue
    from period_segments
    left join known_customers
        on
            period_segments.period_grain = known_customers.period_grain
            and period_segments.period_start = known_customers.period_start
            and period_segments.segment_dimension = known_customers.segment_dimension
            and period_segments.segment_value = known_customers.segment_value
    left join unattributed
        on
            period_segments.period_grain = unattributed.period_grain
            and period_segments.period_start = unattributed.period_start
            and period_segments.segment_dimension = unattributed.segment_dimension
            and period_segments.segment_value = unattributed.segment_value
    left join known_before
        on
            period_segments.period_grain = known_before.period_grain
            and period_segments.period_start = known_before.period_start
            and period_segments.segment_dimension = known_before.segment_dimension
            and period_segments.segment_value = known_before.segment_value
),

running as (
    select
        *,
        sum(new_customers + reactivated_customers - lost_customers) over ({{ segment_until_now }}) as closing_customers,
        sum(first_orders) over ({{ segment_until_now }}) as cumulative_customers,
        sum(second_orders) over ({{ segment_until_now }}) as cumulative_repeat_customers
    from counted
),

final as (
    select
        {{ retention.period_key() }},
        cast(closing_customers - new_customers - reactivated_customers + lost_customers as {{ dbt.type_bigint() }})
            as opening_customers,
        cast(closing_customers - new_customers - reactivated_customers as {{ dbt.type_bigint() }}) as retained_customers,
        cast(lost_customers as {{ dbt.type_bigint() }}) as lost_customers,
        cast(new_customers as {{ dbt.type_bigint() }}) as new_customers,
        cast(reactivated_customers as {{ dbt.type_bigint() }}) as reactivated_customers,
        cast(closing_customers as {{ dbt.type_bigint() }}) as closing_customers,
        cast(first_orders as {{ dbt.type_bigint() }}) as acquired_customers,
        cast(ordering_customers as {{ dbt.type_bigint() }}) as ordering_customers,
        cast(repeat_customers as {{ dbt.type_bigint() }}) as repeat_customers,
        cast(returning_customers as {{ dbt.type_bigint() }}) as returning_customers,
        cast(orders as {{ dbt.type_bigint() }}) as orders,
        cast(first_orders as {{ dbt.type_bigint() }}) as first_orders,
        cast(orders - first_orders as {{ dbt.type_bigint() }}) as later_orders,
        cast(unattributed_orders as {{ dbt.type_bigint() }}) as unattributed_orders,
        cast(cumulative_customers as {{ dbt.type_bigint() }}) as cumulative_customers,
        cast(cumulative_repeat_customers as {{ dbt.type_bigint() }}) as cumulative_repeat_customers,
        cast(gross_revenue as {{ retention.type_money() }}) as gross_revenue,
        cast(discounts as {{ retention.type_money() }}) as discounts,
        cast(refunds as {{ retention.type_money() }}) as refunds,
        cast(net_revenue as {{ retention.type_money() }}) as net_revenue,
        cast(later_net_revenue as {{ retention.type_money() }}) as later_net_revenue,
        cast(total_revenue as {{ retention.type_money() }}) as total_revenue,
        cast(unattributed_net_revenue as {{ retention.type_money() }}) as unattributed_net_revenue,
        cast(acquired_before_history as {{ dbt.type_bigint() }}) as acquired_before_history,
        period_name
    from running
)

select * from final
