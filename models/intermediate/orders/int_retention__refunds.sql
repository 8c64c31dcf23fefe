{{ config(materialized="view") }}

-- Refunds of purchases, and those that name no order, with the date they count on and the place of their order in the
-- customer's sequence.

with

refund_records as (
    select * from {{ retention.in_this_database(ref("int_retention__refund_records")) }}
    where rejection_reason is null and not is_copy
),

final as (
    select
        refund_id,
        line_number,
        order_id,
        customer_number,
        order_number,
        first_order_date,
        refund_date,
        {{ "coalesce(order_date, refund_date)" if var("refund_dating") == "order" else "refund_date" }} as revenue_date,
        amount
    from refund_records
    where is_purchase
)

select * from final
