-- What changed net revenue from one period to the next, by what the customers behind it did.

{%- set segment_periods %}
    partition by period_grain, segment_dimension, segment_value
    order by period_start
{%- endset %}
{%- set change_classes = ["new", "reactivated", "expansion", "contraction", "churned", "adjustment"] %}

with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

cohort_periods as (
    select * from {{ ref("int_retention__cohort_periods") }}
),

by_segment as (
    select
        cohort_periods.period_grain,
        cohort_periods.period_start,
        segments.segment_dimension,
        segments.segment_value,
        {%- for change_class in change_classes %}
        sum(cohort_periods.{{ change_class }}_revenue) as {{ change_class }}_revenue{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from cohort_periods
    inner join segments
        on cohort_periods.segment_key = segments.segment_key
    group by 1, 2, 3, 4
),

period_totals as (
    select
        {{ retention.period_key() }},
        coalesce(lag(net_revenue) over ({{ segment_periods }}), 0) as previous_revenue,
        net_revenue as current_revenue
    from period_snapshots
),

bridged as (
    select
        period_totals.*,
        {%- for change_class in change_classes %}
        coalesce(by_segment.{{ change_class }}_revenue, 0) as {{ change_class }}_revenue{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from period_totals
    left join by_segment
        on
            period_totals.period_grain = by_segment.period_grain
            and period_totals.period_start = by_segment.period_start
            and period_totals.segment_dimension = by_segment.segment_dimension
            and period_totals.segment_value = by_segment.segment_value
),

final as (
    select
        {{ retention.period_key() }},
        cast(previous_revenue as {{ retention.type_money() }}) as previous_revenue,
        {%- for change_class in change_classes %}
        cast({{ change_class }}_revenue as {{ retention.type_money() }}) as {{ change_class }}_revenue,
        {%- endfor %}
        cast(current_revenue as {{ retention.type_money() }}) as current_revenue,
        {{ retention.metric_columns("net_revenue_retention") }},
        {{ retention.metric_columns("gross_revenue_retention") }}
    from bridged
)

select * from final
