{{ config(materialized="view") }}

-- Every line of an order, and the first reason why it is not used, if any.

with

order_lines as (
    select * from {{ ref("stg_retention__order_lines") }}
),

order_ids as (
    select distinct order_id
    from {{ ref("stg_retention__orders") }}
    where order_id is not null
),

checked as (
    select
        order_lines.*,
        case
            when order_lines.rejection_reason is not null then order_lines.rejection_reason
            when order_ids.order_id is null then 'order_id names no order that came in'
        end as reason
    from order_lines
    left join order_ids
        on order_lines.order_id = order_ids.order_id
),

final as (
    select
        order_id,
        product_id,
        product_name,
        product_category,
        quantity,
        amount,
        discount_amount,
        cost_amount,
        reason as rejection_reason,
        case
            when reason is not null
                then coalesce(raw_record, {{ retention.raw_record(["order_id", "product_id"], values=["amount"]) }})
        end as raw_record
    from checked
)

select * from final
