{{ config(enabled=(var("source_format") == "shopify"), materialized="view") }}

-- Orders of Shopify's orders export. The export has no customer id, so the e-mail address stands in for it.
-- Amounts that cannot be read are passed on as they are, to be rejected with their reason.

{%- set takes_refunds = retention.is_made_by_format("raw_refunds") %}
{%- set text = dbt.type_string() %}

with

export as (
    select * from {{ ref("stg_retention__shopify") }}
),

orders as (
    select
        order_name,
        lower(email) as email,
        created_at,
        case when cancelled_at is not null then 'cancelled' else financial_status end as status,
        currency,
        coalesce(cast(gross_without_tax as {{ text }}), subtotal) as gross_amount,
        case
            when discount_amount is not null and discount_amount_value is null then discount_amount
            else cast(gross_without_tax - subtotal_without_tax as {{ text }})
        end as discount_amount,
        coalesce(cast(shipping_without_tax as {{ text }}), shipping) as shipping_amount,
        taxes as tax_amount,
        {%- for attribute in retention.attribute_columns() %}
        {{ attribute }},
        {%- endfor %}
        1 + item_rows as source_rows,
        {%- if takes_refunds %}
        case when format_rejection is null then coalesce(total_value, 0) else source_amount end as source_amount,
        {%- else %}
        source_amount,
        {%- endif %}
        duplicate_rows + duplicate_item_rows as duplicate_rows,
        duplicate_rows as duplicate_first_rows,
        format_rejection,
        case
            when format_rejection is not null
                then {{ retention.redact_emails(retention.json_object(
                    ["order_name", "created_at", "financial_status", "paid_at", "cancelled_at", "subtotal", "total",
                    "refunded_amount", "line_item_name", "line_item_quantity", "line_item_price"]
                )) }}
        end as source_record
    from export
),

accounted as (
    select
        *,
        duplicate_first_rows * source_amount as duplicate_amount
    from orders
),

final as (
    {{ retention.format_records("raw_orders", "accounted", {
        "order_id": "order_name",
        "customer_id": "email",
        "ordered_at": "created_at",
        "gross_amount": "gross_amount",
        "email": "email",
        "status": "status",
        "currency": "currency",
        "discount_amount": "discount_amount",
        "shipping_amount": "shipping_amount",
        "tax_amount": "tax_amount",
    }, source_record="source_record") }}
)

select * from final
