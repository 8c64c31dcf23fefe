-- At every grain, acquired customers summed over all periods are all customers.

with

acquired as (
    select
        period_grain,
        sum(acquired_customers) as acquired_customers
    from {{ ref("retention__period_snapshots") }}
    where segment_dimension = 'all'
    group by 1
),

customers as (
    select count(*) as customers from {{ ref("retention__customers") }}
)

select
    acquired.*,
    customers.customers
from acquired
cross join customers
where acquired.acquired_customers <> customers.customers
