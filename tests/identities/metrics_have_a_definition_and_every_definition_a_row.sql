-- Each metric of the catalogue has a row for every period and segment value, or none at all if its input is missing.
-- Marts can add segment values of their own, such as a channel that cost money without bringing in a customer.

{%- set metrics_not_given = [""] %}
{%- for metric in retention.metric_catalogue() if metric.input and retention.input_kind(metric.input) == "none" %}
    {%- do metrics_not_given.append(metric.metric) %}
{%- endfor %}

with

definitions as (
    select metric from {{ ref("retention__metric_definitions") }}
),

snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

rows_by_metric as (
    select
        metrics.metric,
        count(snapshots.period_start) as rows_found
    from {{ ref("retention__metrics") }} as metrics
    left join snapshots
        on
            metrics.period_grain = snapshots.period_grain
            and metrics.period_start = snapshots.period_start
            and metrics.segment_dimension = snapshots.segment_dimension
            and metrics.segment_value = snapshots.segment_value
    group by 1
),

expected as (
    select count(*) as rows_expected from snapshots
)

select
    definitions.metric,
    rows_by_metric.rows_found
from definitions
full outer join rows_by_metric
    on definitions.metric = rows_by_metric.metric
cross join expected
where
    definitions.metric is null
    or coalesce(rows_by_metric.rows_found, 0)
    <> case when definitions.metric in ('{{ metrics_not_given | join("', '") }}') then 0 else expected.rows_expected end
