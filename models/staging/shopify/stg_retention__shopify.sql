{{ config(enabled=(var("source_format") == "shopify")) }}

-- One row a distinct order of the export, with its money without tax and the rows of its line items
-- counted, and one row a row that belongs to no order.

{%- set texts = retention.export_columns()["shopify"] | list + retention.attribute_columns() %}
{%- set values = [
    "holds_order", "subtotal_value", "shipping_value", "taxes_value", "duties_value", "total_value",
    "discount_amount_value", "refunded_amount_value", "source_amount",
] %}

with

export_rows as (
    select * from {{ ref("stg_retention__shopify_rows") }}
),

distinct_rows as (
    select
        {{ (texts + values) | join(",\n        ") }},
        count(*) - 1 as duplicate_rows
    from export_rows
    group by {{ (texts + values) | join(", ") }}
),

-- An order that two exports tell differently has a first row of each. The one that knows more is used:
-- of a cancellation, of the larger refund, of a payment.
placed_rows as (
    select
        *,
        order_name is not null
        and max(case when holds_order then 1 else 0 end) over (partition by order_name) = 1 as belongs_to_order,
        row_number() over (
            partition by order_name, holds_order
            order by
                coalesce(cancelled_at, '') desc,
                coalesce(refunded_amount_value, 0) desc,
                coalesce(paid_at, '') desc,
                {{ (texts + values) | join(", ") }}
        ) as version
    from distinct_rows
),

item_rows as (
    select
        order_name,
        count(*) as item_rows,
        sum(duplicate_rows) as duplicate_item_rows
    from placed_rows
    where belongs_to_order and not holds_order
    group by order_name
),

-- Where prices include tax, Subtotal and Shipping do too, and Total is their sum.
first_rows as (
    select
        *,
        coalesce(
            taxes_value <> 0
            and total_value = subtotal_value + coalesce(shipping_value, 0) + coalesce(duties_value, 0),
            false
        ) as tax_is_included
    from placed_rows
    where holds_order or not belongs_to_order
),

shares as (
    select
        *,
        case
            when tax_is_included
                then 1 - coalesce({{ retention.ratio("taxes_value", "subtotal_value + coalesce(shipping_value, 0)") }}, 0)
            else 1
        end as share_without_tax
    from first_rows
),

without_tax as (
    select
        *,
        cast(
            (subtotal_value + coalesce(discount_amount_value, 0)) * share_without_tax as {{ retention.type_money() }}
        ) as gross_without_tax,
        cast(subtotal_value * share_without_tax as {{ retention.type_money() }}) as subtotal_without_tax,
        cast(shipping_value * share_without_tax as {{ retention.type_money() }}) as shipping_without_tax
    from shares
),

with_items as (
    select
        without_tax.*,
        case when without_tax.version = 1 then coalesce(item_rows.item_rows, 0) else 0 end as item_rows,
        case when without_tax.version = 1 then coalesce(item_rows.duplicate_item_rows, 0) else 0 end
            as duplicate_item_rows
    from without_tax
    left join item_rows
        on without_tax.order_name = item_rows.order_name
),

-- What was paid back covers merchandise, shipping and tax in the order's own proportion.
final as (
    select
        *,
        coalesce(
            cast(
                refunded_amount_value * {{ retention.ratio("subtotal_without_tax", "total_value") }}
                as {{ retention.type_money() }}
            ),
            refunded_amount_value
        ) as refunded_merchandise,
        case
            when order_name is null then 'the row names no order'
            when not holds_order then 'no row of the export holds the order of this line item'
            when version > 1 then 'another export knows more of this order'
        end as format_rejection
    from with_items
)

select * from final
