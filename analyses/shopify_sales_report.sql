-- Monthly sales by Shopify's definitions, for comparison with Shopify's own reports. Every order counts
-- there, even if it is cancelled, pending or unpaid; see docs/differences_from_shopify.md.

with

orders as (
    select * from {{ ref("int_retention__orders") }}
),

returns as (
    select
        {{ retention.period_start("month", "refund_date") }} as month,
        sum(amount) as returns
    from {{ ref("stg_retention__refunds") }}
    group by 1
),

-- The number of a customer's orders up to and including each one.
counted as (
    select
        *,
        {{ retention.period_start("month", "order_date") }} as month,
        case
            when customer_number is not null
                then count(*) over (
                    partition by customer_number
                    order by order_date, order_id
                    rows between unbounded preceding and current row
                )
        end as orders_so_far
    from orders
),

sales as (
    select
        month,
        count(*) as orders,
        sum(gross_revenue) as gross_sales,
        sum(discounts) as discounts,
        sum(shipping) as shipping,
        sum(taxes) as taxes,
        count(distinct customer_number) as customers,
        count(distinct case when orders_so_far > 1 then customer_number end) as returning_customers
    from counted
    group by 1
),

months as (
    select month from sales
    union
    select month from returns
),

final as (
    select
        months.month,
        coalesce(sales.orders, 0) as orders,
        coalesce(sales.gross_sales, 0) as gross_sales,
        coalesce(sales.discounts, 0) as discounts,
        coalesce(returns.returns, 0) as returns,
        coalesce(sales.gross_sales - sales.discounts, 0) - coalesce(returns.returns, 0) as net_sales,
        coalesce(sales.shipping, 0) as shipping,
        coalesce(sales.taxes, 0) as taxes,
        coalesce(sales.gross_sales - sales.discounts + sales.shipping + sales.taxes, 0)
        - coalesce(returns.returns, 0) as total_sales,
        {{ retention.ratio("sales.gross_sales - sales.discounts", "sales.orders") }} as average_order_value,
        {{ retention.ratio("sales.returning_customers", "sales.customers") }} as returning_customer_rate
    from months
    left join sales
        on months.month = sales.month
    left join returns
        on months.month = returns.month
)

select * from final
order by 1
