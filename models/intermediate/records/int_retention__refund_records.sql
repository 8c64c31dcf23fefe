-- Every row of the refunds in the reporting currency, and what became of it: used, a copy, or the first reason why it
-- is not used. A refund that is used is one of an order that is used, at the exchange rate of that order.

with

refunds as (
    select * from {{ ref("stg_retention__refunds") }}
),

orders as (
    select * from {{ ref("int_retention__orders") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by refund_id, order_id, refunded_at, refund_date, updated_at, amount, raw_record
            order by refund_id
        ) as copy_number
    from refunds
),

matched as (
    select
        numbered.*,
        orders.order_id is not null as has_order,
        orders.customer_number,
        orders.order_number,
        orders.order_date,
        orders.first_order_date,
        orders.is_purchase,
        orders.exchange_rate,
        reporting_dates.as_of_date
    from numbered
    left join orders
        on numbered.order_id = orders.order_id
    cross join reporting_dates
),

checked as (
    select
        *,
        case
            when rejection_reason is not null then rejection_reason
            when refund_date > as_of_date then 'refunded_at is after the as-of date'
            when not has_order then 'order_id names no order that is used'
            when exchange_rate <> 1 and {{ retention.exact_conversion("amount") }} >= 1000000000000
                then 'an amount is a trillion or more in the reporting currency'
        end as reason
    from matched
),

versioned as (
    select
        *,
        row_number() over (
            partition by refund_id, copy_number, reason is null
            order by
                coalesce(updated_at, cast('1900-01-01' as timestamp)) desc,
                refunded_at desc,
                refund_date desc,
                amount desc,
                order_id desc
        ) as version
    from checked
),

final as (
    select
        refund_id,
        order_id,
        customer_number,
        order_number,
        order_date,
        first_order_date,
        is_purchase,
        refund_date,
        amount as source_amount,
        {{ retention.convert_money("amount") }} as amount,
        copy_number > 1 as is_copy,
        case
            when reason is not null then reason
            when copy_number = 1 and version > 1 then 'another record of this refund_id is used'
        end as rejection_reason,
        case
            when raw_record is not null then raw_record
            when reason is not null or copy_number = 1 and version > 1
                then {{ retention.raw_record(["refund_id", "order_id"], values=["refunded_at", "amount"]) }}
        end as raw_record
    from versioned
)

select * from final
