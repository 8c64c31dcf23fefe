{{ config(enabled=(var("source_format") == "invoice_lines")) }}

-- One row a distinct line: what it is (sale or credit, goods or shipping), or why it is neither. Lines are
-- alike if what they say is alike, however two files of the ledger spell it; all but one are dropped.

{%- set fields = [
    "invoice_number", "stock_code", "description", "quantity", "unit_price", "invoice_time", "customer_id", "country",
] + retention.attribute_columns() %}

with

ledger_rows as (
    select * from {{ ref("stg_retention__invoice_lines_rows") }}
),

distinct_lines as (
    select
        {{ fields | join(",\n        ") }},
        source_amount,
        min(quantity_text) as quantity_text,
        min(unit_price_text) as unit_price_text,
        min(invoiced_at) as invoiced_at,
        count(*) - 1 as duplicate_rows,
        (count(*) - 1) * source_amount as duplicate_amount
    from ledger_rows
    group by
        {{ fields | join(",\n        ") }},
        source_amount,
        -- Texts that cannot be read are alike only as they stand.
        case when quantity is null then quantity_text end,
        case when unit_price is null then unit_price_text end,
        case when invoice_time is null then invoiced_at end
),

typed as (
    select
        *,
        upper(invoice_number) like 'C%' as is_credit,
        upper(invoice_number) like 'A%' as is_adjustment,
        {{ retention.is_listed("stock_code", retention.list_setting("shipping_stock_codes")) }} as is_shipping,
        {{ retention.is_listed("stock_code", retention.list_setting("excluded_stock_codes")) }} as is_excluded
    from distinct_lines
),

final as (
    select
        *,
        case
            {{- retention.reject_empty("invoice_number") }}
            {{- retention.reject_empty("quantity_text", "quantity") }}
            {{- retention.reject_empty("unit_price_text", "unit price") }}
            {{- retention.reject_empty("invoiced_at", "invoice date") }}
            when quantity is null then 'quantity is not a number'
            when unit_price is null then 'unit price is not a number'
            when invoice_time is null then 'invoice date is not a date or time'
            when is_adjustment then 'the invoice adjusts bad debt and sells nothing'
            when is_excluded then 'the stock code is no sale to a customer'
            when quantity <= 0 and not is_credit then 'quantity is not positive, though the invoice is no credit note'
            when quantity >= 0 and is_credit then 'quantity is not negative, though the invoice is a credit note'
            when unit_price = 0 then 'unit price is zero: nothing was paid'
            when unit_price < 0 then 'unit price is negative'
            when is_shipping and is_credit then 'shipping was credited, which net revenue does not hold'
        end as format_rejection
    from typed
)

select * from final
