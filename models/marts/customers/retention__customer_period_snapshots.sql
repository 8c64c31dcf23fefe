{{ config(materialized="view") }}

-- A view: the purchases of a period are carried forward to the closes at which they still keep the customer active, only
-- for the customers and periods that a query asks for. Customers bought in the first of these periods; only refunds can
-- happen in the later ones. Revenue events are referenced directly, so that only those of these customers are read.

{%- set revenue_events = retention.in_this_database(ref("int_retention__revenue_events")) %}

with

periods as (
    select * from {{ retention.in_this_database(ref("int_retention__periods")) }}
),

customer_periods as (
    select * from {{ retention.in_this_database(ref("int_retention__customer_periods")) }}
),

customer_keys as (
    select * from {{ retention.in_this_database(ref("int_retention__customer_keys")) }}
),

active_customers as (
    select
        customer_periods.period_grain,
        customer_periods.customer_number,
        periods.period_number,
        periods.period_start,
        periods.period_end
    from customer_periods
    inner join periods
        on
            customer_periods.period_grain = periods.period_grain
            and customer_periods.period_number <= periods.period_number
            and coalesce(customer_periods.end_number > periods.period_number, true)
    where customer_periods.is_active
),

numbered as (
    select
        'week' as period_grain,
        {{ retention.period_number("week", "revenue_date") }} as period_number,
        revenue_events.*
    from {{ revenue_events }} as revenue_events
    where revenue_events.customer_number is not null

    union all

    select
        'month' as period_grain,
        {{ retention.period_number("month", "revenue_date") }} as period_number,
        revenue_events.*
    from {{ revenue_events }} as revenue_events
    where revenue_events.customer_number is not null

    union all

    select
        'quarter' as period_grain,
        {{ retention.period_number("quarter", "revenue_date") }} as period_number,
        revenue_events.*
    from {{ revenue_events }} as revenue_events
    where revenue_events.customer_number is not null

    union all

    select
        'year' as period_grain,
        {{ retention.period_number("year", "revenue_date") }} as period_number,
        revenue_events.*
    from {{ revenue_events }} as revenue_events
    where revenue_events.customer_number is not null
),

revenue as (
    select
        period_grain,
        period_number,
        customer_number,
        sum(orders) as orders,
        sum(gross_revenue) as gross_revenue,
        sum(discounts) as discounts,
        sum(refunds) as refunds,
        sum(net_revenue) as net_revenue
    from numbered
    group by 1, 2, 3
),

final as (
    select
        active_customers.period_grain,
        active_customers.period_start,
        customer_keys.customer_key,
        active_customers.period_end,
        cast(coalesce(revenue.gross_revenue, 0) as {{ retention.type_amount() }}) as gross_revenue,
        cast(coalesce(revenue.discounts, 0) as {{ retention.type_amount() }}) as discounts,
        cast(coalesce(revenue.refunds, 0) as {{ retention.type_amount() }}) as refunds,
        cast(coalesce(revenue.net_revenue, 0) as {{ retention.type_amount() }}) as net_revenue,
        cast(coalesce(revenue.orders, 0) as {{ dbt.type_bigint() }}) as orders,
        active_customers.customer_number
    from active_customers
    inner join customer_keys
        on active_customers.customer_number = customer_keys.customer_number
    left join revenue
        on
            active_customers.period_grain = revenue.period_grain
            and active_customers.period_number = revenue.period_number
            and active_customers.customer_number = revenue.customer_number
)

select * from final
