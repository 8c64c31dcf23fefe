{{ config(materialized="view") }}

{%- set history = ref("int_retention__closed_metric_history") if retention.keeps_history() %}

{%- set figure_versions %}
    partition by metric, period_grain, period_start, segment_dimension, segment_value
    order by dbt_valid_from
{%- endset %}

with

-- `dbt run` takes no snapshots, and some engines cannot, so there may be no history.
closed_metric_history as (
    {%- if execute and history and load_relation(history) %}
    select * from {{ retention.in_this_database(history) }}
    {%- else %}
    select
        *,
        cast(null as {{ dbt.type_timestamp() }}) as dbt_valid_from
    from {{ retention.in_this_database(ref("int_retention__closed_metrics")) }}
    where 1 = 0
    {%- endif %}
),

versions as (
    select
        *,
        lag(value) over ({{ figure_versions }}) as previous_value,
        lag(numerator) over ({{ figure_versions }}) as previous_numerator,
        lag(denominator) over ({{ figure_versions }}) as previous_denominator,
        lag(settings) over ({{ figure_versions }}) as previous_settings,
        lag(dbt_valid_from) over ({{ figure_versions }}) as published_at
    from closed_metric_history
),

final as (
    select
        metric,
        period_grain,
        period_start,
        segment_dimension,
        segment_value,
        period_end,
        case when settings = previous_settings then 'data' else 'settings' end as cause,
        previous_value,
        value as restated_value,
        previous_numerator,
        numerator as restated_numerator,
        previous_denominator,
        denominator as restated_denominator,
        cast(published_at as {{ dbt.type_timestamp() }}) as published_at,
        cast(dbt_valid_from as {{ dbt.type_timestamp() }}) as restated_at
    from versions
    where
        published_at is not null
        and (
            value is distinct from previous_value
            or numerator is distinct from previous_numerator
            or denominator is distinct from previous_denominator
        )
)

select * from final
