{{ config(materialized="view") }}

{{ retention.read_input("raw_survey_responses") }}
