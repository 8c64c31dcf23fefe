-- What every customer bought to date, and what is left of it after refunds and the cost of goods.

with

revenue_events as (
    select * from {{ ref("int_retention__revenue_events") }}
    where customer_key is not null
),

final as (
    select
        customer_key,
        min(case when orders > 0 then revenue_date end) as first_order_date,
        max(case when orders > 0 then revenue_date end) as last_order_date,
        cast(sum(orders) as {{ dbt.type_bigint() }}) as orders,
        cast(sum(net_revenue) as {{ retention.type_amount() }}) as net_revenue,
        cast({{ retention.sum_if_known("margin") }} as {{ retention.type_amount() }}) as margin
    from revenue_events
    group by 1
)

select * from final
