-- The named segments of every segment dimension hold every customer once, with all their revenue.

with

customers as (
    select
        count(*) as customers,
        coalesce(sum(net_revenue), 0) as net_revenue
    from {{ ref("retention__customers") }}
),

dimensions as (
    select
        segment_dimension,
        sum(customers) as customers,
        sum(net_revenue) as net_revenue
    from {{ ref("retention__rfm_segments") }}
    group by 1
)

select
    dimensions.*,
    customers.customers as all_customers,
    customers.net_revenue as net_revenue_of_all
from dimensions
cross join customers
where
    dimensions.customers <> customers.customers
    or dimensions.net_revenue <> customers.net_revenue
