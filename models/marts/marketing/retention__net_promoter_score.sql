with

periods as (
    select * from {{ ref("int_retention__periods") }}
),

survey_responses as (
    select * from {{ ref("int_retention__survey_responses") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
    where customer_key is not null
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

-- Key 0 is for respondents who are not customers.
respondent_segments as (
    select
        segment_key,
        segment_dimension,
        segment_value
    from segments

    union all

    select
        0 as segment_key,
        'all' as segment_dimension,
        'all' as segment_value
    {%- for dimension in retention.segment_columns() %}

    union all

    select
        0 as segment_key,
        {{ retention.text_literal(dimension) }} as segment_dimension,
        'unknown' as segment_value
    {%- endfor %}
),

keyed as (
    select
        survey_responses.response_date,
        survey_responses.touchpoint,
        survey_responses.score,
        coalesce(customer_segments.segment_key, 0) as segment_key
    from survey_responses
    left join customer_segments
        on survey_responses.customer_key = customer_segments.customer_key
),

at_touchpoints as (
    select * from keyed

    union all

    select
        response_date,
        'all' as touchpoint,
        score,
        segment_key
    from keyed
),

counted as (
    select
        periods.period_grain,
        periods.period_start,
        respondent_segments.segment_dimension,
        respondent_segments.segment_value,
        at_touchpoints.touchpoint,
        count(*) as responses,
        sum(case when at_touchpoints.score >= 9 then 1 else 0 end) as promoters,
        sum(case when at_touchpoints.score in (7, 8) then 1 else 0 end) as passives,
        sum(case when at_touchpoints.score <= 6 then 1 else 0 end) as detractors
    from at_touchpoints
    inner join periods
        on at_touchpoints.response_date between periods.period_start and periods.period_end
    inner join respondent_segments
        on at_touchpoints.segment_key = respondent_segments.segment_key
    group by 1, 2, 3, 4, 5
),

segment_values as (
    select
        segment_dimension,
        segment_value
    from segments

    {{ retention.union_distinct() }}

    select
        segment_dimension,
        segment_value
    from counted
),

-- There may be responses, all of them rejected.
touchpoints as (
    select touchpoint from at_touchpoints
    {{ retention.union_distinct() }}
    select 'all' as touchpoint
    {%- if retention.input_kind("raw_survey_responses") == "none" %}
    where 1 = 0
    {%- endif %}
),

-- Every period of every segment value and touchpoint, so one without responses is a row of zeros.
filled as (
    select
        periods.period_grain,
        periods.period_start,
        segment_values.segment_dimension,
        segment_values.segment_value,
        periods.period_end,
        periods.is_complete,
        periods.is_warm_up,
        touchpoints.touchpoint,
        {%- for quantity in ["responses", "promoters", "passives", "detractors"] %}
        cast(coalesce(counted.{{ quantity }}, 0) as {{ dbt.type_bigint() }}) as {{ quantity }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from periods
    cross join segment_values
    cross join touchpoints
    left join counted
        on
            periods.period_grain = counted.period_grain
            and periods.period_start = counted.period_start
            and segment_values.segment_dimension = counted.segment_dimension
            and segment_values.segment_value = counted.segment_value
            and touchpoints.touchpoint = counted.touchpoint
),

final as (
    select
        {{ retention.period_key() }},
        touchpoint,
        responses,
        promoters,
        passives,
        detractors,
        {{ retention.metric_columns_of("retention__net_promoter_score") }}
    from filled
)

select * from final
