-- Every distinct order record that came in, typed, with the reason why it is not used, if there is one.
-- A record without a reason is an accepted order.

{%- set record_columns = retention.record_columns("raw_orders") %}

with

source_records as (
    {{ retention.source_records("raw_orders") }}
),

distinct_records as (
    {{ retention.distinct_records("source_records", "order_id", record_columns) }}
),

typed as (
    select
        *,
        {{ retention.parse_timestamp("ordered_at") }} as order_time,
        {{ retention.parse_amount("gross_amount") }} as gross_value,
        {{ retention.parse_amount("discount_amount") }} as discount_value,
        {{ retention.parse_amount("shipping_amount") }} as shipping_value,
        {{ retention.parse_amount("tax_amount") }} as tax_value,
        {{ retention.parse_amount("cost_amount") }} as cost_value
    from distinct_records
),

dated as (
    select
        *,
        {{ retention.reporting_date("order_time") }} as order_date
    from typed
),

rated as (
    {{ retention.with_exchange_rate("dated", "currency", "order_date") }}
),

checked as (
    select
        *,
        case
            {{- retention.reject_by_format() }}
            {{- retention.reject_empty("order_id") }}
            {{- retention.reject_empty("ordered_at") }}
            {{- retention.reject_time("ordered_at", "order_time") }}
            {{- retention.reject_empty("gross_amount") }}
            {{- retention.reject_amount("gross_amount", "gross_value") }}
            {{- retention.reject_amount("discount_amount", "discount_value") }}
            {{- retention.reject_amount("shipping_amount", "shipping_value") }}
            {{- retention.reject_amount("tax_amount", "tax_value") }}
            {{- retention.reject_amount("cost_amount", "cost_value") }}
            {{- retention.reject_unconverted("the order date", [
                "gross_value", "coalesce(discount_value, 0)", "coalesce(shipping_value, 0)", "coalesce(tax_value, 0)",
                "coalesce(cost_value, 0)",
            ]) }}
        end as rejection_reason
    from rated
),

settled as (
    {{ retention.settle_versions("checked", "raw_orders", "order_time", "gross_value") }}
),

judged as (
    select
        *,
        case
            when version > 1 then 'another record of this order_id is used'
            else rejection_reason
        end as reason
    from settled
),

final as (
    select
        order_id,
        {{ retention.private_id("customer_id") }} as customer_id,
        {{ retention.hash_email("email") }} as email_hash,
        lower(status) as status,
        upper(currency) as currency,
        exchange_rate,
        reporting_currency,
        {{ retention.convert_money("gross_value") }} as gross_amount,
        {{ retention.convert_money("coalesce(discount_value, 0)") }} as discount_amount,
        {{ retention.convert_money("coalesce(shipping_value, 0)") }} as shipping_amount,
        {{ retention.convert_money("coalesce(tax_value, 0)") }} as tax_amount,
        {{ retention.convert_money("cost_value") }} as cost_amount,
        order_time as ordered_at,
        order_date,
        {%- for attribute in retention.attribute_columns() %}
        {{ attribute }},
        {%- endfor %}
        {{ retention.row_accounting("raw_orders") }}
    from judged
)

select * from final
