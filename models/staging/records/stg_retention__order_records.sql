{{ config(
    materialized=retention.incremental(),
    incremental_strategy=("append" if retention.incremental() == "incremental" else none),
    pre_hook="{{ retention.delete_changed_orders() }}",
) }}

-- Every distinct order record that came in, typed, with the reason why it is not used, if there is one.
-- A record without a reason is an accepted order.

{%- set kinds = retention.stored_kinds("raw_orders") %}
{%- set changed_orders = ref("stg_retention__changed_orders") %}

with

source_records as {{ retention.read_each_time("raw_orders") }} (
    {{ retention.source_records("raw_orders") }}
),

{% if is_incremental() -%}
records as (
    select source_records.* from source_records
    inner join {{ changed_orders }} as changed_orders
        on coalesce(source_records.order_id, '') = changed_orders.order_id
),
{%- endif %}

distinct_records as {{ retention.not_materialized() }} (
    {{ retention.distinct_records("records" if is_incremental() else "source_records", "order_id", retention.stored_columns("raw_orders", kinds)) }}
),

typed as {{ retention.not_materialized() }} (
    select
        *,
        {{ retention.stored_time("ordered_at", kinds) }} as order_time,
        {{ retention.stored_amount("gross_amount", kinds) }} as gross_value,
        {{ retention.stored_amount("discount_amount", kinds) }} as discount_value,
        {{ retention.stored_amount("shipping_amount", kinds) }} as shipping_value,
        {{ retention.stored_amount("tax_amount", kinds) }} as tax_value,
        {{ retention.stored_amount("cost_amount", kinds) }} as cost_value
    from distinct_records
),

dated as {{ retention.not_materialized() }} (
    select
        *,
        {{ retention.reporting_date("order_time") }} as order_date
    from typed
),

rated as {{ retention.not_materialized() }} (
    {{ retention.with_exchange_rate("dated", "currency", "order_date", kinds) }}
),

checked as {{ retention.not_materialized() }} (
    select
        *,
        case
            {{- retention.reject_by_format() }}
            {{- retention.reject_empty("order_id") }}
            {{- retention.reject_empty_value("ordered_at", "order_time", kinds) }}
            {{- retention.reject_time("ordered_at", "order_time", kinds) }}
            {{- retention.reject_empty_value("gross_amount", "gross_value", kinds) }}
            {{- retention.reject_amount("gross_amount", "gross_value", kinds) }}
            {{- retention.reject_amount("discount_amount", "discount_value", kinds) }}
            {{- retention.reject_amount("shipping_amount", "shipping_value", kinds) }}
            {{- retention.reject_amount("tax_amount", "tax_value", kinds) }}
            {{- retention.reject_amount("cost_amount", "cost_value", kinds) }}
            {{- retention.reject_unconverted("the order date", [
                "gross_value", "coalesce(discount_value, 0)", "coalesce(shipping_value, 0)", "coalesce(tax_value, 0)",
                "coalesce(cost_value, 0)",
            ]) }}
        end as rejection_reason
    from rated
),

settled as (
    {{ retention.settle_versions("checked", "raw_orders", "order_time", "gross_value", kinds) }}
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
        {{ retention.hash_email(retention.stored_text("email", kinds)) }} as email_hash,
        lower({{ retention.stored_text("status", kinds) }}) as status,
        upper({{ retention.stored_text("currency", kinds) }}) as currency,
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
        {{ retention.row_accounting("raw_orders", kinds) }},
        {{ retention.source_day(retention.day_of_record(kinds)) }} as source_day
    from judged
)

select * from final
