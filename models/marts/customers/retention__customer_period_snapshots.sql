{{ config(materialized="view") }}

-- A view: the runs are expanded only for the customers and periods that a query asks for.

with

activity_runs as (
    select * from {{ ref("int_retention__activity_runs") }}
),

periods as (
    select * from {{ ref("int_retention__periods") }}
),

customer_periods as (
    select * from {{ ref("int_retention__customer_periods") }}
),

active_customers as (
    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        activity_runs.customer_key
    from activity_runs
    inner join periods
        on
            activity_runs.period_grain = periods.period_grain
            and activity_runs.first_period_start <= periods.period_start
            and (activity_runs.end_period_start is null or activity_runs.end_period_start > periods.period_start)
),

final as (
    select
        active_customers.period_grain,
        active_customers.period_start,
        active_customers.customer_key,
        active_customers.period_end,
        {%- for amount in ["gross_revenue", "discounts", "refunds", "net_revenue"] %}
        cast(coalesce(customer_periods.{{ amount }}, 0) as {{ retention.type_amount() }}) as {{ amount }},
        {%- endfor %}
        cast(coalesce(customer_periods.orders, 0) as {{ dbt.type_bigint() }}) as orders
    from active_customers
    left join customer_periods
        on
            active_customers.period_grain = customer_periods.period_grain
            and active_customers.period_start = customer_periods.period_start
            and active_customers.customer_key = customer_periods.customer_key
)

select * from final
