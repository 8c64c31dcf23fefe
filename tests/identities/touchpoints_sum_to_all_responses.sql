-- Touchpoints sum to the touchpoint `all`, the values of each segment dimension sum to the total, and all
-- periods together contain every response dated within one of them.

{%- set quantities = ["responses", "promoters", "passives", "detractors"] %}

with

scores as (
    select * from {{ ref("retention__net_promoter_score") }}
),

by_dimension as (
    select
        {%- for quantity in quantities %}
        sum(case when touchpoint = 'all' then {{ quantity }} else 0 end) as {{ quantity }},
        sum(case when touchpoint <> 'all' then {{ quantity }} else 0 end) as touchpoint_{{ quantity }},
        {%- endfor %}
        period_grain,
        period_start,
        segment_dimension
    from scores
    group by period_grain, period_start, segment_dimension
),

grains as (
    select
        period_grain,
        min(period_start) as first_period_start
    from {{ ref("int_retention__periods") }}
    group by 1
),

given as (
    select
        grains.period_grain,
        count(responses.response_id) as responses
    from grains
    left join {{ ref("int_retention__survey_responses") }} as responses
        on grains.first_period_start <= responses.response_date
    group by 1
),

dimension_totals as (
    select
        period_grain,
        segment_dimension,
        sum(responses) as responses
    from by_dimension
    group by 1, 2
)

select
    by_dimension.period_grain,
    by_dimension.period_start,
    by_dimension.segment_dimension
from by_dimension
inner join by_dimension as totals
    on
        by_dimension.period_grain = totals.period_grain
        and by_dimension.period_start = totals.period_start
        and totals.segment_dimension = 'all'
where
    false
    {%- for quantity in quantities %}
    or by_dimension.{{ quantity }} <> by_dimension.touchpoint_{{ quantity }}
    or by_dimension.{{ quantity }} <> totals.{{ quantity }}
    {%- endfor %}

union all

select
    given.period_grain,
    cast(null as date) as period_start,
    dimension_totals.segment_dimension
from given
left join dimension_totals
    on given.period_grain = dimension_totals.period_grain
where given.responses <> coalesce(dimension_totals.responses, 0)
