{{ config(materialized="view") }}

-- A view: the purchases of a period are followed to the closes at which they still decide, for the customers and
-- periods that a query asks for only. Customers have bought in the first of these periods; what is refunded in
-- the later ones is all that happens there.

with

periods as (
    select * from {{ ref("int_retention__periods") }}
),

customer_periods as (
    select * from {{ ref("int_retention__customer_periods") }}
),

refunds as (
    select * from {{ ref("int_retention__refunds") }}
    where customer_key is not null
),

period_refunds as (
    {%- for grain in retention.period_grains() %}
    select
        '{{ grain }}' as period_grain,
        {{ retention.period_start(grain, "revenue_date") }} as period_start,
        customer_key,
        sum(amount) as refunds
    from refunds
    group by 1, 2, 3
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

active_customers as (
    select
        customer_periods.*,
        customer_periods.period_start = periods.period_start as has_bought,
        periods.period_start as active_period_start,
        periods.period_end
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
        active_customers.active_period_start as period_start,
        active_customers.customer_key,
        active_customers.period_end,
        {%- for amount, later in {
            "gross_revenue": "0",
            "discounts": "0",
            "refunds": "coalesce(period_refunds.refunds, 0)",
            "net_revenue": "-coalesce(period_refunds.refunds, 0)",
        }.items() %}
        cast(
            case when active_customers.has_bought then active_customers.{{ amount }} else {{ later }} end
            as {{ retention.type_amount() }}
        ) as {{ amount }},
        {%- endfor %}
        cast(case when active_customers.has_bought then active_customers.orders else 0 end as {{ dbt.type_bigint() }})
            as orders
    from active_customers
    left join period_refunds
        on
            active_customers.period_grain = period_refunds.period_grain
            and active_customers.active_period_start = period_refunds.period_start
            and active_customers.customer_key = period_refunds.customer_key
)

select * from final
