-- Every customer is acquired in exactly one period of each grain, which gets all of their margin.

with

customers as (
    select
        count(*) as customers,
        coalesce({{ retention.sum_if_known("margin") }}, case when count(*) = 0 then 0 end) as margin
    from {{ ref("int_retention__customer_totals") }}
),

acquired as (
    select
        period_grain,
        segment_dimension,
        sum(acquired_customers) as customers,
        {{ retention.sum_if_known("acquired_margin") }} as margin
    from {{ ref("retention__acquisition") }}
    group by 1, 2
)

select
    acquired.*,
    customers.customers as all_customers,
    customers.margin as margin_of_all
from acquired
cross join customers
where
    acquired.customers <> customers.customers
    or acquired.margin is distinct from customers.margin
