{{ config(enabled=(var("source_format") == "woocommerce"), materialized="view") }}

-- Orders of WooCommerce's analytics orders export. It knows the customer by name only.

with

orders as (
    select * from {{ ref("stg_retention__woocommerce") }}
    where not is_refund
),

final as (
    {{ retention.format_records("raw_orders", "orders", {
        "order_id": "order_number",
        "customer_id": "customer_hash",
        "ordered_at": "dated",
        "gross_amount": "amount",
        "status": "status",
    }) }}
)

select * from final
