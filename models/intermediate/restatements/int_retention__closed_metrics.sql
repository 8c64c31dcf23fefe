{{ config(materialized="view") }}

-- The published metrics of complete periods: figures that nobody expects to change any more. Those measured up to the
-- as-of date change by design and are left out.

{%- set moving = retention.metric_catalogue() | selectattr("is_measured_to_date", "defined") | map(attribute="metric") | list %}

select
    metric,
    period_grain,
    period_start,
    segment_dimension,
    segment_value,
    period_end,
    value,
    numerator,
    denominator,
    {{ retention.text_literal(retention.definition_settings()) }} as settings
from {{ retention.in_this_database(ref("retention__metrics")) }}
where
    is_complete
    and segment_dimension = 'all'
    and metric not in ('{{ moving | join("', '") }}')
