-- Every distinct refund record that came in, typed, with the reason why it is not used, if there is one.
-- A record without a reason is an accepted refund of an accepted order.

{%- set kinds = retention.stored_kinds("raw_refunds") %}

with

source_records as {{ retention.read_each_time("raw_refunds") }} (
    {{ retention.source_records("raw_refunds") }}
),

orders as (
    select * from {{ ref("stg_retention__orders") }}
),

as_of as (
    select {{ retention.as_of_date("order_date") }} as as_of_date from orders
),

distinct_records as {{ retention.not_materialized() }} (
    {{ retention.distinct_records("source_records", "refund_id", retention.stored_columns("raw_refunds", kinds)) }}
),

typed as {{ retention.not_materialized() }} (
    select
        distinct_records.*,
        {{ retention.stored_time("refunded_at", kinds) }} as refund_time,
        {{ retention.stored_amount("amount", kinds) }} as amount_value,
        orders.order_id is not null as order_is_known,
        orders.exchange_rate,
        orders.reporting_currency
    from distinct_records
    left join orders
        on distinct_records.order_id = orders.order_id
),

checked as {{ retention.not_materialized() }} (
    select
        typed.*,
        {{ retention.reporting_date("refund_time") }} as refund_date,
        case
            {{- retention.reject_by_format() }}
            {{- retention.reject_empty("refund_id") }}
            {{- retention.reject_empty("order_id") }}
            {{- retention.reject_empty_value("refunded_at", "refund_time", kinds) }}
            {{- retention.reject_time("refunded_at", "refund_time", kinds) }}
            when {{ retention.reporting_date("refund_time") }} > as_of.as_of_date
                then 'refunded_at is after the as-of date'
            {{- retention.reject_empty_value("amount", "amount_value", kinds) }}
            {{- retention.reject_amount("amount", "amount_value", kinds) }}
            when not typed.order_is_known then 'order_id names no order that is used'
            {{- retention.reject_unconverted("the order date", ["amount_value", "0"]) }}
        end as rejection_reason
    from typed
    cross join as_of
),

settled as (
    {{ retention.settle_versions("checked", "raw_refunds", "refund_time", "amount_value", kinds) }}
),

judged as (
    select
        *,
        case
            when version > 1 then 'another record of this refund_id is used'
            else rejection_reason
        end as reason
    from settled
),

final as (
    select
        refund_id,
        order_id,
        refund_date,
        {{ retention.convert_money("amount_value") }} as amount,
        {{ retention.row_accounting("raw_refunds", kinds) }}
    from judged
)

select * from final
