-- Every refund row in the input, in the reporting currency, and its outcome: used, a copy, or the first reason why it
-- is not used. A refund covers goods, shipping and tax, and only the goods are revenue: the goods amount in the source,
-- else the goods' share of the order, and never more than is left of the order's goods. Rows of one refund are summed,
-- as one refund can have several lines; of changed rows, the newest count.

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

dated as (
    select
        *,
        max(refunded_at) over (partition by source_file) as latest_refund_of_file
    from refunds
),

-- Of copies in several files, the one in the latest file is kept, for its line there.
numbered as (
    select
        *,
        row_number() over (
            partition by refund_id, order_id, refunded_at, refund_date, updated_at, loaded_at, amount, goods_amount, raw_record
            order by {{ retention.latest_file_first("latest_refund_of_file") }}
        ) as copy_number
    from dated
),

matched as (
    select
        numbered.*,
        orders.order_id is not null as has_order,
        orders.customer_number,
        orders.order_number,
        orders.order_date,
        orders.first_order_date,
        -- A refund of no known order belongs to no customer, but still lowers the shop's revenue.
        case when numbered.order_id is null then true else orders.is_purchase end as is_purchase,
        case when numbered.order_id is null then 1 else orders.exchange_rate end as exchange_rate,
        orders.gross_revenue - orders.discounts as goods_of_order,
        orders.gross_revenue - orders.discounts + orders.shipping + orders.taxes as total_of_order,
        reporting_dates.as_of_date,
        reporting_dates.first_order_date as first_order_date_of_all
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
            -- A single typo in a year would create every period since then.
            when {{ retention.days_between("refund_date", "first_order_date_of_all") }} > 1826
                then 'refunded_at is years before all orders'
            when order_id is not null and not has_order then 'order_id names no order that is used'
            when exchange_rate <> 1 and {{ retention.exact_conversion("amount") }} >= 1000000000000
                then 'an amount is a trillion or more in the reporting currency'
        end as reason
    from matched
),

versioned as (
    select
        *,
        dense_rank() over (
            partition by refund_id, reason is null
            order by
                coalesce(updated_at, cast('1900-01-01' as timestamp)) desc,
                coalesce(loaded_at, cast('1900-01-01' as timestamp)) desc,
                {{ retention.latest_file_first("latest_refund_of_file") }}
        ) as version
    from checked
),

converted as (
    select
        *,
        reason is null and copy_number = 1 and version = 1 as is_used,
        {{ retention.convert_money("amount") }} as refund_amount,
        case
            when goods_amount is not null then {{ retention.convert_money("goods_amount") }}
            when goods_of_order > 0 and total_of_order > goods_of_order
                then {{ retention.share_of_amount(retention.convert_money("amount"), "goods_of_order", "total_of_order") }}
            else {{ retention.convert_money("amount") }}
        end as goods_refund
    from versioned
),

summed as (
    select
        *,
        coalesce(
            sum(case when is_used then goods_refund end) over (
                partition by order_id
                order by refund_date, refunded_at, refund_id, refund_amount, goods_refund
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as goods_refunded_before
    from converted
),

capped as (
    select
        *,
        cast(
            case
                when not has_order then goods_refund
                else least(goods_refund, greatest(goods_of_order - goods_refunded_before, 0))
            end as {{ retention.type_amount() }}
        ) as goods_counted
    from summed
),

final as (
    select
        refund_id,
        row_number() over (
            partition by refund_id, is_used
            order by refund_date, refunded_at, order_id, refund_amount, goods_refund
        ) as line_number,
        order_id,
        customer_number,
        order_number,
        order_date,
        first_order_date,
        is_purchase,
        refund_date,
        amount as source_amount,
        refund_amount,
        goods_counted as amount,
        -- Shares are rounded, so an excess of one hundredth is not a warning.
        is_used and has_order and goods_refund - goods_counted >= 0.01 as is_above_order,
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
    from capped
)

select * from final
