{{ config(enabled=(var("source_format") == "woocommerce"), materialized="view") }}

-- Every row of WooCommerce's analytics orders export, typed where its text can be read. An order and each
-- of its refunds have a row of their own. The money of a row is its net sales: without tax and shipping,
-- after coupons; where the number is missing, the amount as it is shown has to do.

with

source_rows as (
    {{ retention.read_rows("woocommerce") }}
),

typed as (
    select
        *,
        coalesce(net_sales, formatted_total) as amount,
        {{ retention.parse_amount("coalesce(net_sales, formatted_total)") }} as amount_value,
        {{ retention.parse_timestamp("dated") }} as row_time
    from source_rows
),

final as (
    select
        *,
        coalesce(amount_value, 0) as source_amount
    from typed
)

select * from final
