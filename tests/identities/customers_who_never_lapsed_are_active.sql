-- A customer whose lifetime has no lapse is active, and a lapsed customer's lifetime has one. A customer
-- who is active now may have lapsed and come back.

select
    customers.customer_key,
    customers.status,
    customers.lapse_date,
    lifetimes.first_lapse_date
from {{ ref("retention__customers") }} as customers
full outer join {{ ref("int_retention__customer_lifetimes") }} as lifetimes
    on customers.customer_key = lifetimes.customer_key
where
    customers.customer_key is null
    or lifetimes.customer_key is null
    or (customers.status = 'lapsed' and coalesce(lifetimes.first_lapse_date > customers.lapse_date, true))
