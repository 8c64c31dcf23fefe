-- Recorded costs by period: for the whole shop and, if customers are segmented by channel, for each channel. No row
-- where no cost is recorded.

with

costs as (
    select * from {{ ref("int_retention__costs") }}
),

periods as (
    select * from {{ ref("int_retention__periods") }}
),

segmented as (
    select
        'all' as segment_dimension,
        'all' as segment_value,
        costs.*
    from costs
    {%- for dimension in retention.channel_dimensions() %}

    union all

    select
        {{ retention.text_literal(dimension) }} as segment_dimension,
        coalesce(costs.channel, 'unknown') as segment_value,
        costs.*
    from costs
    {%- endfor %}
),

final as (
    select
        periods.period_grain,
        periods.period_start,
        {%- for purpose in ["acquisition", "retention"] %}
        cast(
            sum(case when segmented.purpose = '{{ purpose }}' then segmented.amount end) as {{ retention.type_money() }}
        ) as {{ purpose }}_cost,
        {%- endfor %}
        segmented.segment_dimension,
        segmented.segment_value
    from segmented
    inner join periods
        on segmented.cost_date between periods.period_start and periods.period_end
    group by periods.period_grain, periods.period_start, segmented.segment_dimension, segmented.segment_value
)

select * from final
