{{ config(
    materialized=retention.incremental(),
    incremental_strategy="append",
    pre_hook="{{ retention.delete_changed_groups() }}",
) }}

-- Refunds of purchases, with the date they count on and the place of their order in the customer's sequence.

with

refunds as (
    select * from {{ ref("stg_retention__refunds") }}
),

purchases as (
    select * from {{ ref("int_retention__order_sequence") }}
    where is_purchase and {{ retention.in_changed_groups() }}
),

final as (
    select
        refunds.refund_id,
        refunds.order_id,
        purchases.order_group,
        purchases.customer_key,
        purchases.order_number,
        purchases.first_order_date,
        refunds.refund_date,
        {% if var("refund_dating") == "order" -%}
        purchases.order_date as revenue_date,
        {%- else -%}
        refunds.refund_date as revenue_date,
        {%- endif %}
        refunds.amount
    from refunds
    inner join purchases
        on refunds.order_id = purchases.order_id
)

select * from final
