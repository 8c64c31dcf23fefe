-- From the first period on, every recorded cost is in exactly one period of each grain, and the values of
-- each channel dimension sum to all costs.

{%- set dimensions = ["all"] + retention.channel_dimensions() %}

with

acquisition as (
    select * from {{ ref("retention__acquisition") }}
),

grains as (
    select
        period_grain,
        min(period_start) as first_period_start
    from acquisition
    group by 1
),

recorded as (
    select
        grains.period_grain,
        coalesce(sum(case when costs.purpose = 'acquisition' then costs.amount end), 0) as acquisition_cost,
        coalesce(sum(case when costs.purpose = 'retention' then costs.amount end), 0) as retention_cost
    from grains
    left join {{ ref("int_retention__costs") }} as costs
        on grains.first_period_start <= costs.cost_date
    group by 1
),

expected as (
    {%- for dimension in dimensions %}
    select
        {{ retention.text_literal(dimension) }} as segment_dimension,
        recorded.*
    from recorded
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

found as (
    select
        period_grain,
        segment_dimension,
        coalesce(sum(acquisition_cost), 0) as acquisition_cost,
        coalesce(sum(retention_cost), 0) as retention_cost
    from acquisition
    group by 1, 2
)

select
    expected.*,
    found.acquisition_cost as found_acquisition_cost,
    found.retention_cost as found_retention_cost
from expected
left join found
    on
        expected.period_grain = found.period_grain
        and expected.segment_dimension = found.segment_dimension
where
    (expected.acquisition_cost = found.acquisition_cost) is not true
    or (expected.retention_cost = found.retention_cost) is not true
