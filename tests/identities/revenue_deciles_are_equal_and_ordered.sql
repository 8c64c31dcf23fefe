-- Deciles differ by one customer at most, none has more revenue per customer than a better one, and their
-- shares sum to 1.

{%- set segment_deciles = "partition by segment_dimension, segment_value" %}

with

deciles as (
    select
        *,
        net_revenue / nullif(customers, 0) as revenue_by_customer,
        min(customers) over ({{ segment_deciles }}) as fewest_customers,
        max(customers) over ({{ segment_deciles }}) as most_customers,
        sum(net_revenue) over ({{ segment_deciles }}) as net_revenue_of_all
    from {{ ref("retention__revenue_concentration") }}
),

compared as (
    select
        *,
        lag(revenue_by_customer) over (
            partition by segment_dimension, segment_value
            order by decile
        ) as better_revenue_by_customer
    from deciles
    where customers > 0
)

select * from compared
where
    most_customers - fewest_customers > 1
    or revenue_by_customer > better_revenue_by_customer
    or (decile = 10 and net_revenue_of_all <> 0 and (abs(cumulative_revenue_share - 1) < 1e-9) is not true)
    or (decile = 1 and (cumulative_revenue_share is distinct from revenue_share))
