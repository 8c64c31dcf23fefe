{{ config(materialized="view") }}

{%- set columns = retention.input_columns("raw_survey_responses") %}

-- Every answer to the question how likely the customer is to recommend the shop, typed, with the first reason why it
-- cannot be used, if there is one.

with

typed as (
    select
        -- ids
        {{ retention.text_column(columns, "response_id") }} as response_id,
        {{ retention.customer_id_column(columns, "customer_id") }} as customer_id,

        -- texts
        {{ retention.text_column(columns, "touchpoint") }} as touchpoint,

        -- times
        {{ retention.time_column(columns, "responded_at") }} as responded_at,
        {{ retention.date_column(columns, "responded_at") }} as response_date,

        -- numbers
        {{ retention.number_column(columns, "score", "decimal(18, 4)") }} as score,

        -- what times and numbers were read from
        {{ retention.written_text(columns, "responded_at") }} as responded_at_text,
        {{ retention.written_text(columns, "score") }} as score_text
    from {{ retention.input_source("raw_survey_responses") }}
),

checked as (
    select
        *,
        case
            {{- retention.reject_empty("response_id") }}
            {{- retention.reject_time("responded_at", "response_date") }}
            when score is null and score_text is null then 'score is empty'
            when (score between 0 and 10 and score = floor(score)) is not true then 'score is not a whole number from 0 to 10'
        end as rejection_reason
    from typed
),

final as (
    select
        *,
        case
            when rejection_reason is not null
                then {{ retention.raw_record(["response_id", "customer_id"], read=["responded_at", "score"]) }}
        end as raw_record
    from checked
)

select * from final
