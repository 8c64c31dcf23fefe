{#- Linking identifiers takes joins that nobody wants to repeat. -#}
{{ config(materialized="table" if var("customer_identity") == "email" else "view") }}

-- Accepted orders with the person behind them, whether they count as a purchase, and their revenue.

with

orders as (
    select * from {{ ref("stg_retention__orders") }}
),

{% if var("customer_identity") == "email" -%}
customer_identities as (
    select * from {{ ref("int_retention__customer_identities") }}
),

identified as (
    select
        orders.*,
        coalesce(addresses.customer_key, ids.customer_key) as customer_key
    from orders
    left join customer_identities as addresses
        on orders.email_hash = addresses.identifier and addresses.identifier_type = 'email'
    left join customer_identities as ids
        on orders.customer_id = ids.identifier and ids.identifier_type = 'customer_id'
),
{%- else -%}
identified as (
    select
        *,
        customer_id as customer_key
    from orders
),
{%- endif %}

final as (
    select
        order_id,
        customer_key,
        customer_id,
        ordered_at,
        order_date,
        coalesce(
            status not in (
                {%- for status in retention.list_setting("excluded_statuses") %}
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
