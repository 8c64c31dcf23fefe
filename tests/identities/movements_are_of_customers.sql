-- Whoever came, came back or left is one of the customers.

with

movements as (
    select * from {{ retention.sampled_customers(ref("retention__customer_movements")) }}
),

customers as (
    select * from {{ ref("retention__customers") }}
)

select movements.*
from movements
left join customers
    on movements.customer_key = customers.customer_key
where customers.customer_key is null
