{{ config(enabled=(var("source_format") == "invoice_lines"), materialized="view") }}

-- Credit notes as refunds. A credit note does not say which invoice it credits: each of its lines is set
-- against the customer's latest earlier invoice that sold the same product, else against the customer's
-- latest earlier invoice. One row a credit note and invoice, and one row a line that credits no invoice.

with

lines as (
    select
        *,
        row_number() over (
            order by invoice_number, stock_code, invoice_time, quantity, unit_price, description, customer_id, country
        ) as line_number
    from {{ ref("stg_retention__invoice_lines") }}
    where format_rejection is null
),

credits as (
    select * from lines
    where is_credit
),

-- Invoices in the order they were made, so that the latest of several has the greatest number.
invoices as (
    select
        invoice_number,
        row_number() over (order by min(invoice_time), invoice_number) as sequence_number
    from lines
    where not is_credit
    group by invoice_number
),

-- The sales of customers with a credit note, and the credits, in one sequence.
movements as (
    select
        lines.customer_id,
        lines.stock_code,
        lines.invoice_time,
        lines.is_credit,
        lines.line_number,
        invoices.sequence_number
    from lines
    left join invoices
        on lines.invoice_number = invoices.invoice_number
    where lines.customer_id in (select credits.customer_id from credits)
),

sequenced as (
    select
        *,
        max(sequence_number) over (
            partition by customer_id, stock_code
            order by invoice_time
        ) as latest_of_product,
        max(sequence_number) over (
            partition by customer_id
            order by invoice_time
        ) as latest_of_customer
    from movements
),

set_against as (
    select
        credits.*,
        invoices.invoice_number as credited_invoice
    from credits
    left join sequenced
        on credits.line_number = sequenced.line_number
    left join invoices
        on coalesce(sequenced.latest_of_product, sequenced.latest_of_customer) = invoices.sequence_number
),

first_timestamps as (
    select
        *,
        min(invoice_time) over (partition by invoice_number) as first_invoice_time
    from set_against
    where credited_invoice is not null
),

refunds as (
    select
        invoice_number || '-' || credited_invoice as refund_id,
        credited_invoice as order_id,
        min(case when invoice_time = first_invoice_time then invoiced_at end) as refunded_at,
        -sum(source_amount) as amount,
        count(*) as source_rows,
        sum(source_amount) as source_amount,
        sum(duplicate_rows) as duplicate_rows,
        sum(duplicate_amount) as duplicate_amount,
        cast(null as {{ dbt.type_string() }}) as format_rejection
    from first_timestamps
    group by invoice_number, credited_invoice
),

refund_records as (
    {{ retention.format_records("raw_refunds", "refunds", {
        "refund_id": "refund_id",
        "order_id": "order_id",
        "refunded_at": "refunded_at",
        "amount": "amount",
    }) }}
),

unmatched_lines as (
    select
        invoice_number,
        invoiced_at,
        1 as source_rows,
        source_amount,
        duplicate_rows,
        duplicate_amount,
        case
            when customer_id is null then 'the credit note names no customer, so no order can be found for it'
            else 'the customer has no earlier order that the credit note can be for'
        end as format_rejection,
        {{ retention.invoice_line_as_json() }} as source_record
    from set_against
    where credited_invoice is null
),

rejected_records as (
    {{ retention.format_records("raw_refunds", "unmatched_lines", {
        "refund_id": "invoice_number",
        "refunded_at": "invoiced_at",
    }, source_record="source_record") }}
),

final as (
    select * from refund_records
    union all
    select * from rejected_records
)

select * from final
