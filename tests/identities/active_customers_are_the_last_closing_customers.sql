-- The customers with status active are the closing customers of the last period: of every grain if the
-- window is in days, of the shortest grain if the window is `period`.

with

active as (
    select count(*) as active_customers
    from {{ ref("retention__customers") }}
    where status = 'active'
),

snapshots as (
    select
        period_grain,
        closing_customers,
        row_number() over (partition by period_grain order by period_start desc) as periods_ago
    from {{ ref("retention__period_snapshots") }}
    where
        segment_dimension = 'all'
        and {{ "period_grain = '" ~ retention.shortest_grain() ~ "'"
            if retention.activity_window_is_period() else "true" }}
)

select
    snapshots.*,
    active.active_customers
from snapshots
cross join active
where snapshots.periods_ago = 1 and snapshots.closing_customers <> active.active_customers
