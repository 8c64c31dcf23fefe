-- One row: whether costs of fulfilment and payment are known for any purchase at all. If they are known for none, they
-- are not recorded and the margin leaves them out; if they are known for some, the others are unknown.

with

orders as (
    select * from {{ ref("int_retention__orders") }}
    where is_purchase
),

final as (
    select
        count(cost) > 0 as has_costs_of_goods,
        count(fulfilment_cost) > 0 as has_fulfilment_costs,
        count(payment_fee) > 0 as has_payment_fees
    from orders
)

select * from final
