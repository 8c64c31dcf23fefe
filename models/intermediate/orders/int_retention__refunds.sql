-- Refunds of purchases, with the date they count on and the place of their order in the customer's sequence.

with

refunds as (
    select * from {{ ref("stg_retention__refunds") }}
),

orders as (
    select * from {{ ref("int_retention__orders") }}
),

purchase_sequence as (
    select * from {{ ref("int_retention__purchase_sequence") }}
),

final as (
    select
        refunds.refund_id,
        refunds.order_id,
        orders.customer_key,
        purchase_sequence.order_number,
        refunds.refund_date,
        {% if var("refund_dating") == "order" -%}
        orders.order_date as revenue_date,
        {%- else -%}
        refunds.refund_date as revenue_date,
        {%- endif %}
        refunds.amount
    from refunds
    inner join orders
        on refunds.order_id = orders.order_id
    left join purchase_sequence
        on refunds.order_id = purchase_sequence.order_id
    where orders.is_purchase
)

select * from final
