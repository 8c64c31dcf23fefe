{{ config(materialized="view") }}

-- Costs of acquiring and of keeping customers, in the project's own columns.

select * from {{ ref("stg_retention__cost_records") }}
where rejection_reason is null
