{{ config(
    enabled=(var("source_format") == "shopify" and retention.is_made_by_format("raw_refunds")), materialized="view"
) }}

-- What Shopify's orders export says of refunds: one amount an order, without a date. It counts on the day
-- the order was cancelled, else on the order's own. The order counts the row.

with

export as (
    select * from {{ ref("stg_retention__shopify") }}
    where format_rejection is null and refunded_amount is not null and coalesce(refunded_amount_value, 1) <> 0
),

refunds as (
    select
        order_name || '-refund' as refund_id,
        order_name,
        coalesce(cancelled_at, created_at) as refunded_at,
        case
            when refunded_amount_value is null then refunded_amount
            else cast(refunded_merchandise as {{ dbt.type_string() }})
        end as amount,
        0 as source_rows,
        -coalesce(refunded_amount_value, 0) as source_amount,
        0 as duplicate_rows,
        -duplicate_rows * coalesce(refunded_amount_value, 0) as duplicate_amount,
        cast(null as {{ dbt.type_string() }}) as format_rejection
    from export
),

final as (
    {{ retention.format_records("raw_refunds", "refunds", {
        "refund_id": "refund_id",
        "order_id": "order_name",
        "refunded_at": "refunded_at",
        "amount": "amount",
    }) }}
)

select * from final
