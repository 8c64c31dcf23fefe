-- closing(P) = opening(P + 1), and the calendar has no gap between them.

{%- set segment_periods %}
    partition by period_grain, segment_dimension, segment_value
    order by period_start
{%- endset %}

with

snapshots as (
    select
        period_grain,
        segment_dimension,
        segment_value,
        period_start,
        period_end,
        opening_customers,
        lag(closing_customers) over ({{ segment_periods }}) as previous_closing_customers,
        lag(period_end) over ({{ segment_periods }}) as previous_period_end
    from {{ ref("retention__period_snapshots") }}
)

select * from snapshots
where
    opening_customers <> coalesce(previous_closing_customers, 0)
    or cast({{ dbt.dateadd("day", 1, "previous_period_end") }} as date) <> period_start
