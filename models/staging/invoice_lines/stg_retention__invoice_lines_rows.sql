{{ config(enabled=(var("source_format") == "invoice_lines"), materialized="view") }}

-- Every row of the ledger, typed where its text can be read, with its money: quantity x unit price, to the cent.

with

source_rows as (
    {{ retention.read_rows("invoice_lines") }}
),

typed as (
    select
        invoice_number,
        stock_code,
        description,
        quantity as quantity_text,
        unit_price as unit_price_text,
        invoiced_at,
        -- A spreadsheet writes ids as 17850.0 where some of them are missing.
        case
            when customer_id like '%.0' then substring(customer_id, 1, length(customer_id) - 2)
            else customer_id
        end as customer_id,
        country,
        {%- for attribute in retention.attribute_columns() %}
        {{ attribute }},
        {%- endfor %}
        {{ retention.parse_number("quantity", "decimal(18, 4)") }} as quantity,
        {{ retention.parse_number("unit_price", "decimal(18, 4)") }} as unit_price,
        {{ retention.parse_timestamp("invoiced_at") }} as invoice_time
    from source_rows
),

final as (
    select
        *,
        coalesce(
            {{ retention.try_cast("cast(quantity as decimal(20, 4)) * unit_price", retention.type_money()) }}, 0
        ) as source_amount
    from typed
)

select * from final
