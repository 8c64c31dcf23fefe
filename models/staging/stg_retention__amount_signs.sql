{%- set orders = retention.input_columns("raw_orders") %}
{%- set refunds = retention.input_columns("raw_refunds") %}

-- One row: whether a column of deducted amounts is written with a minus. Some systems write discounts, costs and
-- refunds with one, others without; the whole column decides, as a single row can be a mistake.

with

order_amounts as (
    select
        {{ retention.column_sign(orders, "discount_amount") }} as sign_of_discount_amount,
        {{ retention.column_sign(orders, "cost_amount") }} as sign_of_cost_amount,
        {{ retention.column_sign(orders, "fulfilment_cost_amount") }} as sign_of_fulfilment_cost_amount,
        {{ retention.column_sign(orders, "payment_fee_amount") }} as sign_of_payment_fee_amount
    from {{ retention.input_source("raw_orders") }}
    -- Orders without such columns need not be read.
    where {{ retention.has_any(orders, ["discount_amount", "cost_amount", "fulfilment_cost_amount", "payment_fee_amount"]) }}
),

refund_amounts as (
    select
        {{ retention.column_sign(refunds, "amount") }} as sign_of_refund_amount,
        {{ retention.column_sign(refunds, "goods_amount") }} as sign_of_goods_amount
    from {{ retention.input_source("raw_refunds") }}
),

final as (
    select
        order_amounts.*,
        refund_amounts.*
    from order_amounts
    cross join refund_amounts
)

select * from final
