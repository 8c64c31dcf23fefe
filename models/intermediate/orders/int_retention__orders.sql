-- Accepted orders with the person behind them, whether they count as a purchase, and their revenue.

with

orders as (
    select * from {{ ref("stg_retention__orders") }}
),

customers as (
    select * from {{ ref("stg_retention__customers") }}
),

identified as (
    select
        orders.*,
        {% if var("customer_identity") == "email" -%}
        coalesce(orders.email_hash, customers.email_hash, orders.customer_id) as customer_key
        {%- else -%}
        orders.customer_id as customer_key
        {%- endif %}
    from orders
    left join customers
        on orders.customer_id = customers.customer_id
),

final as (
    select
        order_id,
        customer_key,
        customer_id,
        ordered_at,
        order_date,
        coalesce(
            status not in (
                {%- for status in var("excluded_statuses") %}
                {{ retention.text_literal(status | lower) }},
                {%- endfor %}
                ''
            ),
            true
        ) as is_purchase,
        currency,
        gross_amount as gross_revenue,
        discount_amount as discounts,
        shipping_amount as shipping,
        tax_amount as taxes,
        {%- for attribute in retention.attribute_columns() %}
        {{ attribute }},
        {%- endfor %}
        cost_amount as cost
    from identified
)

select * from final
