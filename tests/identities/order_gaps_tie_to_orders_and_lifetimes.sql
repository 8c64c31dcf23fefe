-- Every later order ends a gap; merging the orders of a day leaves fewer and longer gaps. More percent of
-- the gaps reach further and a longer window loses fewer customers, and the window in use has lost
-- exactly those whose survival has ended.

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

expected as (
    select
        sum(case when order_number > 1 then 1 else 0 end) as gaps,
        sum(case when order_number > 1 and days_since_previous_order > 0 then 1 else 0 end) as merged_gaps,
        (
            select lifetimes.lapsed_customers from {{ ref("retention__survival_lifetimes") }} as lifetimes
            where lifetimes.segment_dimension = 'all'
        ) as lapsed_customers
    from {{ ref("retention__orders") }}
)

select order_gaps.*
from order_gaps
cross join expected
where
    order_gaps.gaps <> case order_gaps.same_day_orders when 'kept' then expected.gaps else expected.merged_gaps end
    or order_gaps.days < order_gaps.previous_days
    or order_gaps.longer_gaps > order_gaps.previous_longer_gaps
    or order_gaps.lost_customers > order_gaps.previous_lost_customers
    or order_gaps.returned_customers > order_gaps.previous_returned_customers
    or (order_gaps.is_window_in_use and order_gaps.lost_customers <> expected.lapsed_customers)
