-- A customer with more than a twentieth of all orders, and at least a hundred, is most likely a shared id, such as
-- that of guests or a till: add it to the setting guest_customer_ids.

{{ config(severity="warn") }}

with

customers as (
    select * from {{ ref("retention__customers") }}
),

all_orders as (
    select sum(orders) as orders from customers
)

select
    customers.customer_key,
    customers.orders,
    'add the id of this customer to guest_customer_ids if it stands for nobody in particular' as way_out
from customers
cross join all_orders
where
    customers.orders >= 100
    and customers.orders > 0.05 * all_orders.orders
