-- Survey responses with the person who gave them.

with

survey_responses as (
    select * from {{ ref("int_retention__survey_response_records") }}
    where rejection_reason is null and not is_copy
),

customer_identities as (
    select * from {{ ref("int_retention__customer_identities") }}
    where identifier_type = 'customer_id'
),

final as (
    select
        survey_responses.response_id,
        customer_identities.customer_key,
        survey_responses.response_date,
        survey_responses.score,
        -- `all` is the name of the row that holds every touchpoint.
        coalesce(nullif(survey_responses.touchpoint, 'all'), 'unknown') as touchpoint
    from survey_responses
    left join customer_identities
        on survey_responses.customer_id = customer_identities.identifier
)

select * from final
