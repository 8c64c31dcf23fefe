-- One row: whether costs of fulfilment and payment are known of any purchase at all. Where they are of none, nothing was
-- recorded, and the margin does without them; where they are of some, the others are unknown.

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
