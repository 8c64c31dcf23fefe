{{ config(materialized="view") }}

-- Orders in the project's own columns, whatever system they come from. Nothing after this knows the source.

select * from {{ ref("stg_retention__order_records") }}
where rejection_reason is null
