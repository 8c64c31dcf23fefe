{{ config(materialized="view") }}

{%- set columns = retention.input_columns("raw_refunds") %}
{%- set found = retention.found_columns("raw_refunds") %}

-- Every refund row in the input, typed, with the first reason why it cannot be used, if any.

with

typed as (
    select
        -- ids
        {{ retention.text_column(columns, "refund_id") }} as refund_id,
        {{ retention.order_id_column(columns) }} as order_id,

        -- texts
        {{ retention.file_column(found) }} as source_file,

        -- times
        {{ retention.time_column(columns, "refunded_at") }} as refunded_at,
        {{ retention.date_column(columns, "refunded_at") }} as refund_date,
        {{ retention.time_column(columns, "updated_at") }} as updated_at,
        {{ retention.time_column(columns, "loaded_at") }} as loaded_at,

        -- amounts
        {{ retention.unsigned_amount_column(columns, "amount", "refund_amount") }} as amount,
        {{ retention.unsigned_amount_column(columns, "goods_amount") }} as goods_amount,

        -- what times and amounts were read from
        {{ retention.written_text(columns, "refunded_at") }} as refunded_at_text,
        {{ retention.written_text(columns, "amount") }} as amount_text,
        {{ retention.written_text(columns, "goods_amount") }} as goods_amount_text
    from {{ retention.input_source("raw_refunds") }}
    cross join {{ ref("stg_retention__amount_signs") }} as amount_signs
    {{ retention.join_currencies_of_orders("raw_refunds", columns) }}
),

checked as (
    select
        *,
        case
            {{- retention.reject_empty("refund_id") }}
            {{- retention.reject_time("refunded_at", "refund_date") }}
            {{- retention.reject_no_amount("amount") }}
            {{- retention.reject_amount("amount") }}
            {{- retention.reject_amount("goods_amount") }}
        end as rejection_reason
    from typed
),

final as (
    select
        *,
        case
            when rejection_reason is not null
                then {{ retention.raw_record(["refund_id", "order_id"], read=["refunded_at", "amount", "goods_amount"]) }}
        end as raw_record
    from checked
)

select * from final
