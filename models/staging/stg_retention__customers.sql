{{ config(materialized="view") }}

-- Customers in the project's own columns, whatever system they come from. Nothing after this knows the source.

select * from {{ ref("stg_retention__customer_records") }}
where rejection_reason is null
