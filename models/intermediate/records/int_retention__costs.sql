{{ config(materialized="view") }}

-- Accepted costs of acquiring and keeping customers.

select
    cost_date,
    purpose,
    channel,
    amount
from {{ ref("int_retention__cost_records") }}
where rejection_reason is null
