-- Every distinct survey response that came in, typed, with the reason why it is not used, if there is one.

{%- set record_columns = retention.record_columns("raw_survey_responses") %}

with

source_records as (
    {{ retention.source_records("raw_survey_responses") }}
),

orders as (
    select * from {{ ref("stg_retention__orders") }}
),

reporting_range as (
    {{- retention.reporting_range("orders") }}
),

distinct_records as (
    {{ retention.distinct_records("source_records", "response_id", record_columns) }}
),

typed as (
    select
        *,
        {{ retention.parse_timestamp("responded_at") }} as response_time,
        {{ retention.parse_number("score", "decimal(18, 4)") }} as score_value
    from distinct_records
),

checked as (
    select
        typed.*,
        {{ retention.reporting_date("response_time") }} as response_date,
        case
            {{- retention.reject_by_format() }}
            {{- retention.reject_empty("response_id") }}
            {{- retention.reject_empty("responded_at") }}
            {{- retention.reject_time("responded_at", "response_time") }}
            {{- retention.reject_empty("score") }}
            when (typed.score_value between 0 and 10 and typed.score_value = floor(typed.score_value)) is not true
                then 'score is not a whole number from 0 to 10'
            {{- retention.reject_outside_range("responded_at", retention.reporting_date("response_time")) }}
        end as rejection_reason
    from typed
    cross join reporting_range
),

settled as (
    {{ retention.settle_versions("checked", "raw_survey_responses", "response_time") }}
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
        touchpoint,
        {{ retention.row_accounting("raw_survey_responses") }}
    from judged
)

select * from final
