{{ config(materialized="view") }}

-- Every order row in the input with its amounts in the reporting currency, and its outcome: used, a copy, or the
-- first reason why it is not used.

with

orders as (
    select * from {{ ref("stg_retention__orders") }}
),

repeated_orders as (
    select * from {{ ref("int_retention__repeated_orders") }}
),

repeated_ids as (
    select * from {{ ref("int_retention__repeated_order_ids") }}
),

earliest_day as (
    select * from {{ ref("int_retention__earliest_order_day") }}
),

every_row as (
    select
        orders.order_id,
        orders.customer_id,
        orders.address_hash,
        orders.email_kind,
        orders.status,
        orders.currency,
        {%- for attribute in retention.carried_columns() %}
        orders.{{ attribute }},
        {%- endfor %}
        orders.ordered_at,
        orders.order_date,
        orders.gross_amount,
        orders.discount_amount,
        orders.shipping_amount,
        orders.tax_amount,
        orders.cost_amount,
        orders.fulfilment_cost_amount,
        orders.payment_fee_amount,
        orders.rejection_reason,
        orders.raw_record,
        false as is_copy,
        false as is_replaced
    from orders
    left join repeated_ids
        on orders.order_id = repeated_ids.order_id
    where repeated_ids.order_id is null

    union all

    select
        repeated_orders.order_id,
        repeated_orders.customer_id,
        repeated_orders.address_hash,
        repeated_orders.email_kind,
        repeated_orders.status,
        repeated_orders.currency,
        {%- for attribute in retention.carried_columns() %}
        repeated_orders.{{ attribute }},
        {%- endfor %}
        repeated_orders.ordered_at,
        repeated_orders.order_date,
        repeated_orders.gross_amount,
        repeated_orders.discount_amount,
        repeated_orders.shipping_amount,
        repeated_orders.tax_amount,
        repeated_orders.cost_amount,
        repeated_orders.fulfilment_cost_amount,
        repeated_orders.payment_fee_amount,
        repeated_orders.rejection_reason,
        repeated_orders.raw_record,
        repeated_orders.is_copy,
        repeated_orders.is_replaced
    from repeated_orders
),

rated as (
    select
        every_row.*,
        {{ retention.exchange_rate("every_row.currency") }} as exchange_rate,
        reporting.reporting_currency,
        earliest_day.earliest_order_date
    from every_row
    cross join earliest_day
    {{ retention.join_exchange_rates("every_row.currency", "every_row.order_date") }}
),

checked as (
    select
        *,
        case
            when rejection_reason is not null then rejection_reason
            when order_date < earliest_order_date and not is_copy then 'ordered_at is years before all other orders'
            {{- retention.reject_unconverted("the order date", "gross_amount") }}
            when is_replaced then 'another record of this order_id is used'
        end as reason
    from rated
),

final as (
    select
        order_id,
        customer_id,
        address_hash,
        email_kind,
        status,
        currency,
        {%- for attribute in retention.carried_columns() %}
        {{ attribute }},
        {%- endfor %}
        ordered_at,
        order_date,
        exchange_rate,
        gross_amount as source_amount,
        {{ retention.convert_money("gross_amount") }} as gross_amount,
        {{ retention.convert_money("coalesce(discount_amount, 0)") }} as discount_amount,
        {{ retention.convert_money("coalesce(shipping_amount, 0)") }} as shipping_amount,
        {{ retention.convert_money("coalesce(tax_amount, 0)") }} as tax_amount,
        {{ retention.convert_money("cost_amount") }} as cost_amount,
        {{ retention.convert_money("fulfilment_cost_amount") }} as fulfilment_cost_amount,
        {{ retention.convert_money("payment_fee_amount") }} as payment_fee_amount,
        is_copy,
        reason as rejection_reason,
        case
            when reason is not null
                then coalesce(raw_record, {{ retention.raw_record(
                    ["order_id", "customer_id", "status", "currency"],
                    values=["ordered_at", "gross_amount", "discount_amount"],
                ) }})
        end as raw_record
    from checked
)

select * from final
