-- What every customer bought to date, and what is left of it after refunds and the cost of goods.

with

purchase_sequence as (
    select * from {{ ref("int_retention__purchase_sequence") }}
),

refunds as (
    select * from {{ ref("int_retention__refunds") }}
),

purchased as (
    select
        customer_key,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(*) as orders,
        sum(gross_revenue - discounts) as revenue,
        case when count(cost) = count(*) then sum(cost) end as cost_of_goods
    from purchase_sequence
    group by 1
),

refunded as (
    select
        customer_key,
        sum(amount) as refunds
    from refunds
    where customer_key is not null
    group by 1
),

final as (
    select
        purchased.customer_key,
        purchased.first_order_date,
        purchased.last_order_date,
        purchased.orders,
        purchased.revenue - coalesce(refunded.refunds, 0) as net_revenue,
        purchased.revenue - coalesce(refunded.refunds, 0) - purchased.cost_of_goods as margin
    from purchased
    left join refunded
        on purchased.customer_key = refunded.customer_key
)

select * from final
