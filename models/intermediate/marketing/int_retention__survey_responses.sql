-- Survey responses with the customer who gave them; NULL where the respondent has bought nothing.

with

survey_responses as (
    select * from {{ ref("stg_retention__survey_responses") }}
),

orders as (
    select * from {{ ref("int_retention__orders") }}
),

-- The person behind a customer id is the one whom its latest purchase is counted for.
purchases as (
    select
        customer_id,
        customer_key,
        row_number() over (partition by customer_id order by ordered_at desc, order_id desc) as recency
    from orders
    where is_purchase and customer_key is not null
),

final as (
    select
        survey_responses.response_id,
        purchases.customer_key,
        survey_responses.response_date,
        survey_responses.score,
        -- `all` is the name of the row that holds every touchpoint.
        coalesce(nullif(survey_responses.touchpoint, 'all'), 'unknown') as touchpoint
    from survey_responses
    left join purchases
        on
            survey_responses.customer_id = purchases.customer_id
            and purchases.recency = 1
)

select * from final
