{{ config(materialized="view") }}

-- The key of every person, by number.

select distinct
    customer_number,
    customer_key
from {{ retention.in_this_database(ref("int_retention__customer_identities")) }}
where customer_key is not null
