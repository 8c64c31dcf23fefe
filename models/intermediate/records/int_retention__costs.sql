{{ config(materialized="view") }}

-- Costs of acquiring and keeping customers that are used.

select
    cost_date,
    purpose,
    channel,
    amount
from {{ ref("int_retention__cost_records") }}
where rejection_reason is null
