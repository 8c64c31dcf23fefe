-- How should I choose the activity window?
--
-- A window that is too short counts customers as lost who are only pausing; one that is too long shows a
-- loss when it is too late to act. Start with the shortest window within which 80 to 90 % of returning
-- customers came back (`returned_within_share`), then check `returned_share`: how many of the customers
-- counted as lost so far came back after all. Both understate long pauses, as ongoing pauses are not
-- included and recently lost customers have had little time to return, so prefer the longer of two
-- candidates. `median_gap_days` to `p95_gap_days` show how long completed pauses are. `is_window_in_use`
-- marks the current setting. One row per window.

with

order_gaps as (
    select * from {{ ref("retention__order_gaps") }}
    where same_day_orders = 'merged'
),

percentiles as (
    select
        max(case when percent = 50 then days end) as median_gap_days,
        max(case when percent = 80 then days end) as p80_gap_days,
        max(case when percent = 90 then days end) as p90_gap_days,
        max(case when percent = 95 then days end) as p95_gap_days
    from order_gaps
    where kind = 'percentile'
),

windows as (
    select
        order_gaps.days as activity_window_days,
        order_gaps.is_window_in_use,
        1 - order_gaps.longer_gap_share as returned_within_share,
        order_gaps.lost_customers,
        order_gaps.returned_customers,
        order_gaps.returned_share,
        percentiles.*
    from order_gaps
    cross join percentiles
    where order_gaps.kind = 'window'
),

final as (
    select
        *,
        returned_within_share >= 0.9
        and coalesce(lag(returned_within_share) over (order by activity_window_days) < 0.9, true)
            as is_shortest_that_90_percent_return_within
    from windows
)

select * from final
order by activity_window_days
