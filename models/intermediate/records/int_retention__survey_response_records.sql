-- Every survey response in the input, and its outcome: used, a copy, or the first reason why it is not used.

with

survey_responses as (
    select * from {{ ref("stg_retention__survey_responses") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by response_id, customer_id, responded_at, response_date, score, touchpoint, raw_record
            order by response_id
        ) as copy_number
    from survey_responses
),

checked as (
    select
        numbered.*,
        case
            when numbered.rejection_reason is not null then numbered.rejection_reason
            when numbered.response_date > reporting_dates.as_of_date then 'responded_at is after the as-of date'
            when numbered.response_date < reporting_dates.first_period_start
                then 'responded_at is before the first period with an order'
        end as reason
    from numbered
    cross join reporting_dates
),

versioned as (
    select
        *,
        row_number() over (
            partition by response_id, copy_number, reason is null
            order by responded_at desc, response_date desc, score desc, coalesce(customer_id, '') desc, coalesce(touchpoint, '') desc
        ) as version
    from checked
),

final as (
    select
        response_id,
        customer_id,
        response_date,
        cast(score as {{ dbt.type_int() }}) as score,
        touchpoint,
        copy_number > 1 as is_copy,
        case
            when reason is not null then reason
            when copy_number = 1 and version > 1 then 'another record of this response_id is used'
        end as rejection_reason,
        case
            when raw_record is not null then raw_record
            when reason is not null or copy_number = 1 and version > 1
                then {{ retention.raw_record(["response_id", "customer_id"], values=["responded_at", "score"]) }}
        end as raw_record
    from versioned
)

select * from final
