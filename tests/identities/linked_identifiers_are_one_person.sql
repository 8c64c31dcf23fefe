-- A customer id and an e-mail address that occur together belong to one person. Where this fails, so many
-- ids and addresses hang together that it is one shared address (a till's, a market place's): blank it.

{{ config(enabled=(var("customer_identity") == "email")) }}

select
    orders.customer_id,
    orders.email_hash,
    ids.customer_key as key_of_id,
    addresses.customer_key as key_of_address
from {{ ref("int_retention__order_records") }} as orders
inner join {{ ref("int_retention__customer_identities") }} as ids
    on orders.customer_id = ids.identifier and ids.identifier_type = 'customer_id'
inner join {{ ref("int_retention__customer_identities") }} as addresses
    on orders.email_hash = addresses.identifier and addresses.identifier_type = 'email'
where ids.customer_key <> addresses.customer_key
