-- The values of each segment dimension sum to the total, in customers, orders and money.

{%- set quantities = [
    "opening_customers", "retained_customers", "lost_customers", "new_customers", "reactivated_customers",
    "closing_customers", "acquired_customers", "ordering_customers", "repeat_customers", "returning_customers",
    "orders", "first_orders", "later_orders", "gross_revenue", "discounts", "refunds", "net_revenue",
    "later_net_revenue", "total_revenue", "unattributed_orders", "unattributed_net_revenue",
    "cumulative_customers", "cumulative_repeat_customers",
] %}

with

dimensions as (
    select
        period_grain,
        period_start,
        segment_dimension,
        {%- for quantity in quantities %}
        sum({{ quantity }}) as {{ quantity }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref("retention__period_snapshots") }}
    group by 1, 2, 3
),

totals as (
    select * from dimensions
    where segment_dimension = 'all'
)

select dimensions.*
from dimensions
inner join totals
    on
        dimensions.period_grain = totals.period_grain
        and dimensions.period_start = totals.period_start
where
    false
    {%- for quantity in quantities %}
    or dimensions.{{ quantity }} <> totals.{{ quantity }}
    {%- endfor %}
