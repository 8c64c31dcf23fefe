{{ config(materialized="view") }}

-- Answers to the question how likely the customer is to recommend the shop, in the project's own columns.

select * from {{ ref("stg_retention__survey_response_records") }}
where rejection_reason is null
