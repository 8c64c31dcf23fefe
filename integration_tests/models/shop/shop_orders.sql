-- What a shop's own staging might look like: typed columns, and some that nobody else knows.

with

first_orders as (
    select * from (
        values
        ('o1', 'ada', timestamp '2024-01-05 09:00:00', 40.00, 'completed', 'ada@example.com', 'EUR'),
        ('o2', 'ada', timestamp '2024-02-03 23:30:00', 25.50, 'completed', 'ada@example.com', 'EUR'),
        ('o3', 'bo', timestamp '2024-01-20 12:00:00', 10.00, 'completed', 'bo@example.com', 'EUR'),
        ('o4', 'bo', timestamp '2024-05-20 12:00:00', 12.00, 'completed', 'bo@example.com', 'EUR'),
        ('o5', null, timestamp '2024-02-29 12:00:00', 30.00, 'completed', 'Ada@example.com', 'EUR'),
        ('o6', 'cy', timestamp '2024-03-31 22:30:00', 15.00, 'completed', 'cy@example.com', 'USD'),
        ('o7', 'cy', timestamp '2024-03-10 12:00:00', 99.00, 'cancelled', 'cy@example.com', 'EUR'),
        ('o8', 'di', timestamp '2024-06-30 12:00:00', 20.00, null, null, null)
    ) as orders (order_id, customer_id, ordered_at, gross_amount, status, email, currency)
)

select
    *,
    order_id || '-basket' as basket_id
from first_orders
{%- if not var("shop_sells_abroad", false) %}
where currency is distinct from 'USD'
{%- endif %}
