{{ config(materialized="view") }}

{%- set columns = retention.input_columns("raw_order_lines") %}

-- Every order line in the input, typed, with the first reason why it cannot be used, if any. Lines have no id, so equal
-- lines are equal goods, and every one of them counts; an amount below zero is a discount or a return.

with

typed as (
    select
        -- ids
        {{ retention.order_id_column(columns) }} as order_id,
        {{ retention.private_id(retention.text_column(columns, "product_id")) }} as product_id,

        -- texts
        {{ retention.text_column(columns, "product_name") }} as product_name,
        {{ retention.text_column(columns, "product_category") }} as product_category,

        -- numbers
        {{ retention.number_column(columns, "quantity", "decimal(18, 4)") }} as quantity,

        -- amounts
        {{ retention.amount_column(columns, "amount") }} as amount,
        {{ retention.amount_column(columns, "discount_amount") }} as discount_amount,
        {{ retention.amount_column(columns, "cost_amount") }} as cost_amount,

        -- what amounts were read from
        {{ retention.written_text(columns, "amount") }} as amount_text,
        {{ retention.written_text(columns, "discount_amount") }} as discount_amount_text,
        {{ retention.written_text(columns, "cost_amount") }} as cost_amount_text
    from {{ retention.input_source("raw_order_lines") }}
    {{ retention.join_currencies_of_orders("raw_order_lines", columns) }}
),

checked as (
    select
        *,
        case
            {{- retention.reject_empty("order_id") }}
            {{- retention.reject_no_amount("amount") }}
            when amount is null then 'amount is not a number'
            when amount >= 1000000000000 then 'amount is a trillion or more'
            {{- retention.reject_amount("discount_amount") }}
            {{- retention.reject_amount("cost_amount") }}
        end as rejection_reason
    from typed
),

final as (
    select
        *,
        case
            when rejection_reason is not null
                then {{ retention.raw_record(["order_id", "product_id"], read=["amount", "discount_amount", "cost_amount"]) }}
        end as raw_record
    from checked
)

select * from final
