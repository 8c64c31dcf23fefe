-- A customer id and an address that occur together belong to one person. If this fails, so many ids and addresses
-- are linked that one of them is probably shared (the address of a till or a marketplace): list it in
-- unidentified_values.

{{ config(enabled=(var("customer_identity") != "customer_id")) }}

select
    orders.customer_id,
    orders.address_hash,
    ids.customer_key as key_of_id,
    addresses.customer_key as key_of_address
from {{ ref("int_retention__order_records") }} as orders
inner join {{ ref("int_retention__customer_identities") }} as ids
    on orders.customer_id = ids.identifier and ids.identifier_type = 'customer_id'
inner join {{ ref("int_retention__customer_identities") }} as addresses
    on orders.address_hash = addresses.identifier and addresses.identifier_type = 'address'
where ids.customer_key <> addresses.customer_key and not ids.is_shared and not addresses.is_shared
