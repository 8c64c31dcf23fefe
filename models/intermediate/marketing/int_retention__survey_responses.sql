-- Survey responses with the customer who gave them; NULL where the respondent has bought nothing.

with

survey_responses as (
    select * from {{ ref("stg_retention__survey_responses") }}
),

customer_identities as (
    select * from {{ ref("int_retention__customer_identities") }}
    where identifier_type = 'customer_id'
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

final as (
    select
        survey_responses.response_id,
        customer_segments.customer_key,
        survey_responses.response_date,
        survey_responses.score,
        -- `all` is the name of the row that holds every touchpoint.
        coalesce(nullif(survey_responses.touchpoint, 'all'), 'unknown') as touchpoint
    from survey_responses
    left join customer_identities
        on survey_responses.customer_id = customer_identities.identifier
    left join customer_segments
        on customer_identities.customer_key = customer_segments.customer_key
)

select * from final
