{{ config(enabled=(var("source_format") == "invoice_lines"), materialized="view") }}

-- One row an invoice, made of its usable lines, and one row a line that no record can be made of.

with

lines as (
    select * from {{ ref("stg_retention__invoice_lines") }}
),

sales as (
    select
        *,
        min(invoice_time) over (partition by invoice_number) as first_invoice_time
    from lines
    where format_rejection is null and not is_credit
),

-- The lines of an invoice can carry two timestamps, a minute apart: the first is the order's.
orders as (
    select
        invoice_number as order_id,
        min(customer_id) as customer_id,
        min(case when invoice_time = first_invoice_time then invoiced_at end) as ordered_at,
        sum(case when is_shipping then 0 else source_amount end) as gross_amount,
        sum(case when is_shipping then source_amount else 0 end) as shipping_amount,
        {%- for attribute in retention.attribute_columns() %}
        min({{ attribute }}) as {{ attribute }},
        {%- endfor %}
        count(*) as source_rows,
        sum(source_amount) as source_amount,
        sum(duplicate_rows) as duplicate_rows,
        sum(duplicate_amount) as duplicate_amount,
        case when count(distinct customer_id) > 1 then 'the lines of the invoice name several customers' end
            as format_rejection
    from sales
    group by invoice_number
),

order_records as (
    {{ retention.format_records("raw_orders", "orders", {
        "order_id": "order_id",
        "customer_id": "customer_id",
        "ordered_at": "ordered_at",
        "gross_amount": "gross_amount",
        "shipping_amount": "shipping_amount",
    }) }}
),

unusable_lines as (
    select
        *,
        1 as source_rows,
        {{ retention.invoice_line_as_json() }} as source_record
    from lines
    where format_rejection is not null
),

rejected_records as (
    {{ retention.format_records("raw_orders", "unusable_lines", {
        "order_id": "invoice_number",
        "customer_id": "customer_id",
        "ordered_at": "invoiced_at",
    }, source_record="source_record") }}
),

final as (
    select * from order_records
    union all
    select * from rejected_records
)

select * from final
