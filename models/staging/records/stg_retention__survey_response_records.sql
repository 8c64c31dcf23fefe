-- Every distinct survey response that came in, typed, with the reason why it is not used, if there is one.

{%- set kinds = retention.stored_kinds("raw_survey_responses") %}

with

source_records as {{ retention.read_each_time("raw_survey_responses") }} (
    {{ retention.source_records("raw_survey_responses") }}
),

orders as (
    select * from {{ ref("stg_retention__orders") }}
),

reporting_range as (
    {{- retention.reporting_range("orders") }}
),

distinct_records as {{ retention.not_materialized() }} (
    {{ retention.distinct_records("source_records", "response_id", retention.stored_columns("raw_survey_responses", kinds)) }}
),

typed as {{ retention.not_materialized() }} (
    select
        *,
        {{ retention.stored_time("responded_at", kinds) }} as response_time,
        {{ retention.parse_number("score", "decimal(18, 4)") }} as score_value
    from distinct_records
),

checked as {{ retention.not_materialized() }} (
    select
        typed.*,
        {{ retention.reporting_date("response_time") }} as response_date,
        case
            {{- retention.reject_by_format() }}
            {{- retention.reject_empty("response_id") }}
            {{- retention.reject_empty_value("responded_at", "response_time", kinds) }}
            {{- retention.reject_time("responded_at", "response_time", kinds) }}
            {{- retention.reject_empty("score") }}
            when (typed.score_value between 0 and 10 and typed.score_value = floor(typed.score_value)) is not true
                then 'score is not a whole number from 0 to 10'
            {{- retention.reject_outside_range("responded_at", retention.reporting_date("response_time")) }}
        end as rejection_reason
    from typed
    cross join reporting_range
),

settled as (
    {{ retention.settle_versions("checked", "raw_survey_responses", "response_time", kinds=kinds) }}
),

judged as (
    select
        *,
        case
            when version > 1 then 'another record of this response_id is used'
            else rejection_reason
        end as reason
    from settled
),

final as (
    select
        response_id,
        {{ retention.private_id("customer_id") }} as customer_id,
        response_date,
        case when reason is null then cast(score_value as {{ dbt.type_int() }}) end as score,
        {{ retention.stored_text("touchpoint", kinds) }} as touchpoint,
        {{ retention.row_accounting("raw_survey_responses", kinds) }}
    from judged
)

select * from final
