-- Each metric of the catalogue has a row for every period and segment value of its mart.

with

definitions as (
    select metric from {{ ref("retention__metric_definitions") }}
),

rows_by_metric as (
    select
        metric,
        count(*) as rows_found
    from {{ ref("retention__metrics") }}
    group by 1
),

snapshots as (
    select count(*) as rows_expected from {{ ref("retention__period_snapshots") }}
)

select
    definitions.metric,
    rows_by_metric.rows_found
from definitions
full outer join rows_by_metric
    on definitions.metric = rows_by_metric.metric
cross join snapshots
where definitions.metric is null or coalesce(rows_by_metric.rows_found, 0) <> snapshots.rows_expected
