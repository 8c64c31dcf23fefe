{{ config(materialized="view") }}

-- A view: the purchases of a period are followed to the closes at which they still decide, for the customers and
-- periods that a query asks for only.

with

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
        customer_periods.customer_key,
        customer_periods.order_group
    from customer_periods
    inner join periods
        on
            customer_periods.period_grain = periods.period_grain
            and customer_periods.period_start <= periods.period_start
            and (
                customer_periods.end_period_start is null
                or customer_periods.end_period_start > periods.period_start
            )
    where customer_periods.is_active
),

final as (
    select
        active_customers.period_grain,
        active_customers.period_start,
        active_customers.customer_key,
        active_customers.order_group,
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
            and active_customers.order_group = customer_periods.order_group
)

select * from final
