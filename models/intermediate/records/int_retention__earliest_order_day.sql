-- One row: the day from which orders count. It is the first day with an order, unless a few orders are dated years
-- before all others, because of a clock that was never set (1970) or a typo in the year: they would create every period
-- since then.

with

orders as (
    select order_date from {{ ref("stg_retention__orders") }}
),

days as (
    select
        order_date,
        count(*) as orders
    from orders
    where order_date >= cast('1900-01-01' as date) and order_date <= {{ dbt.dateadd("day", 1, "current_date") }}
    group by 1
),

running as (
    select
        order_date,
        lag(order_date) over (order by order_date) as previous_date,
        sum(orders) over (order by order_date) - orders as earlier_orders,
        sum(orders) over () as all_orders
    from days
),

final as (
    select
        coalesce(
            max(
                case
                    when
                        {{ retention.days_between("previous_date", "order_date") }} > 1826
                        and 10 * earlier_orders <= all_orders
                        and (earlier_orders <= 3 or 1000 * earlier_orders <= all_orders)
                        then order_date
                end
            ),
            min(order_date)
        ) as earliest_order_date
    from running
)

select * from final
