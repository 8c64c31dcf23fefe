-- Higher percentiles are never shorter gaps, a longer window never loses more customers, and the window in use has
-- lost exactly the customers who have lapsed in the survival lifetimes.

{%- set kind_rows = "partition by kind, same_day_orders order by percent, days" %}

with

order_gaps as (
    select
        *,
        lag(days) over ({{ kind_rows }}) as previous_days,
        lag(longer_gaps) over ({{ kind_rows }}) as previous_longer_gaps,
        lag(lost_customers) over ({{ kind_rows }}) as previous_lost_customers,
        lag(returned_customers) over ({{ kind_rows }}) as previous_returned_customers
    from {{ ref("retention__order_gaps") }}
),

lifetimes as (
    select lapsed_customers from {{ ref("retention__survival_lifetimes") }}
    where segment_dimension = 'all'
)

select order_gaps.*
from order_gaps
left join lifetimes
    on true
where
    order_gaps.days < order_gaps.previous_days
    or order_gaps.longer_gaps > order_gaps.previous_longer_gaps
    or order_gaps.lost_customers > order_gaps.previous_lost_customers
    or order_gaps.returned_customers > order_gaps.previous_returned_customers
    or (order_gaps.is_window_in_use and order_gaps.lost_customers <> lifetimes.lapsed_customers)
