-- How should I choose the activity window?
--
-- A window that is too short calls customers lost who are only pausing; one that is too long notices a loss
-- when it is too late to do anything about it. Start from the shortest window within which 80 to 90 % of
-- customers who came back did so (`returned_within_share`), then look at `returned_share`: of those whom the
-- window has called lost so far, how many came back all the same. Both understate long pauses, as pauses
-- that last are not in them and recent losses have had little time to end, so prefer the longer of two
-- candidates. `median_gap_days` to `p95_gap_days` say how long ended pauses are. `is_window_in_use` marks
-- the setting. One row per window.

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
