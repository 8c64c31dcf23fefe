{{ config(enabled=(var("source_format") == "woocommerce"), materialized="view") }}

-- Refunds of WooCommerce's analytics orders export, on the day of each.

with

refunds as (
    select
        *,
        order_number || '-refund-' || number_in_order as refund_id,
        -amount_value as refunded_amount
    from {{ ref("stg_retention__woocommerce") }}
    where is_refund
),

final as (
    {{ retention.format_records("raw_refunds", "refunds", {
        "refund_id": "refund_id",
        "order_id": "order_number",
        "refunded_at": "dated",
        "amount": "refunded_amount",
    }) }}
)

select * from final
