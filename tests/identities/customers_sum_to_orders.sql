-- What customers bought to date is what the purchases of known customers sum to.

with

purchases as (
    select
        count(*) as orders,
        count(distinct customer_key) as customers,
        coalesce(sum(net_revenue), 0) as net_revenue
    from {{ ref("retention__orders") }}
    where is_purchase and customer_key is not null
),

customers as (
    select
        coalesce(sum(orders), 0) as orders,
        count(*) as customers,
        coalesce(sum(net_revenue), 0) as net_revenue
    from {{ ref("retention__customers") }}
)

select
    customers.*,
    purchases.orders as purchases_of_known_customers,
    purchases.net_revenue as net_revenue_of_purchases
from customers
cross join purchases
where
    customers.orders <> purchases.orders
    or customers.customers <> purchases.customers
    or customers.net_revenue <> purchases.net_revenue
