{{ config(enabled=(var("source_format") == "shopify"), materialized="view") }}

-- Every row of Shopify's orders export, typed where its text can be read. An order has one row a line item;
-- its own fields are on the first of them only, and with them all of its money.

with

source_rows as (
    {{ retention.read_rows("shopify") }}
),

typed as (
    select
        *,
        coalesce(financial_status, currency, subtotal, total, refunded_amount) is not null as holds_order,
        {%- for amount in ["subtotal", "shipping", "taxes", "duties", "total", "discount_amount", "refunded_amount"] %}
        {{ retention.parse_amount(amount) }} as {{ amount }}_value{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from source_rows
),

final as (
    select
        *,
        coalesce(total_value, 0)
        {%- if retention.is_made_by_format("raw_refunds") %} - coalesce(refunded_amount_value, 0){% endif %}
            as source_amount
    from typed
)

select * from final
