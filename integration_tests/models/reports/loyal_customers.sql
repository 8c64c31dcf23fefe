-- A report of the shop's own on top of the package.

select
    customer_key,
    orders,
    net_revenue
from {{ ref("retention", "retention__customers") }}
where is_repeat_customer
