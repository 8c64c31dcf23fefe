{{ config(materialized="view") }}

-- Refunds in the project's own columns, whatever system they come from. Nothing after this knows the source.

select * from {{ ref("stg_retention__refund_records") }}
where rejection_reason is null
