-- Which person each identifier belongs to. By customer id, every id is a person. By e-mail or phone, ids and addresses that occur together, in an order or in a customer record, are one person,
-- and so are all that are linked through others. The lowest of their address hashes is the person's key; ids that never occur with an address are separate people. Values that do not identify a
-- person, and those linked to more others than one person can have, link nobody. People are numbered, as engines group and join numbers many times faster than text.

{%- set rounds = 8 %}

with

-- Addresses come only from records that are used: an older version of an order may name somebody else.
orders as (
    select * from {{ ref("stg_retention__orders") }}
),

customers as (
    select * from {{ ref("stg_retention__customers") }}
),

used_orders as (
    select * from {{ ref("int_retention__order_records") }}
    where rejection_reason is null and not is_copy
),

used_customers as (
    select * from {{ ref("int_retention__customer_records") }}
    where rejection_reason is null and not is_copy
),

occurring_ids as (
    select customer_id from orders
    {{ retention.union_distinct() }}
    select customer_id from customers
),

addresses_of_ids as (
    select
        customer_id,
        email_kind
    from orders
    where email_kind is not null

    {{ retention.union_distinct() }}

    select
        customer_id,
        email_kind
    from customers
    where email_kind is not null
),

-- Deleted customers, whose address was removed, share an id.
nobodys_ids as (
    select customer_id
    from addresses_of_ids
    where customer_id is not null
    group by 1
    having min(email_kind) = 'placeholder' and max(email_kind) = 'placeholder'
),

-- Ids that do not identify a person.
customer_ids as (
    select
        occurring_ids.customer_id,
        {{ retention.is_guest_id("occurring_ids.customer_id") }} or nobodys_ids.customer_id is not null as is_guest
    from occurring_ids
    left join nobodys_ids
        on occurring_ids.customer_id = nobodys_ids.customer_id
    where occurring_ids.customer_id is not null
),

{% if var("customer_identity") == "customer_id" -%}
identified as (
    select
        'customer_id' as identifier_type,
        customer_id as identifier,
        case when not is_guest then customer_id end as customer_key,
        false as is_shared
    from customer_ids
),
{%- else -%}
occurrences as (
    select
        customer_id,
        address_hash
    from used_orders

    {{ retention.union_distinct() }}

    select
        customer_id,
        address_hash
    from used_customers
),

pairs as (
    select
        occurrences.customer_id,
        occurrences.address_hash,
        count(*) over (partition by occurrences.customer_id) as addresses_of_id,
        count(*) over (partition by occurrences.address_hash) as ids_of_address
    from occurrences
    inner join customer_ids
        on occurrences.customer_id = customer_ids.customer_id and not customer_ids.is_guest
    where occurrences.address_hash is not null
),

linking_pairs as (
    select *
    from pairs
    where addresses_of_id <= {{ var("identity_link_limit") }} and ids_of_address <= {{ var("identity_link_limit") }}
),

-- Most people have one id and one address. Only the others are linked, round by round: all pairs of an id, then of an
-- address, then of a person so far get the lowest key among them. Eight rounds join chains of some fifty ids;
-- tests/identities/linked_identifiers_are_one_person.sql shows where they did not.
round_0 as (
    select
        customer_id,
        address_hash,
        address_hash as customer_key
    from linking_pairs
    where addresses_of_id > 1 or ids_of_address > 1
),

{% for round in range(1, rounds + 1) -%}
round_{{ round }}_by_id as (
    select
        *,
        min(customer_key) over (partition by customer_id) as key_of_id
    from round_{{ round - 1 }}
),

round_{{ round }}_by_address as (
    select
        *,
        min(key_of_id) over (partition by address_hash) as key_of_address
    from round_{{ round }}_by_id
),

round_{{ round }} as {{ retention.materialized() }} (
    select
        customer_id,
        address_hash,
        min(key_of_address) over (partition by customer_key) as customer_key
    from round_{{ round }}_by_address
),

{% endfor -%}

resolved_pairs as (
    select
        customer_id,
        address_hash,
        customer_key
    from round_{{ rounds }}

    union all

    select
        customer_id,
        address_hash,
        address_hash as customer_key
    from linking_pairs
    where addresses_of_id = 1 and ids_of_address = 1
),

shared_ids as (
    select distinct customer_id
    from pairs
    where addresses_of_id > {{ var("identity_link_limit") }}
),

shared_addresses as (
    select distinct address_hash
    from pairs
    where ids_of_address > {{ var("identity_link_limit") }}
),

address_hashes as (
    select distinct
        occurrences.address_hash,
        shared_addresses.address_hash is not null as is_shared
    from occurrences
    left join shared_addresses
        on occurrences.address_hash = shared_addresses.address_hash
    where occurrences.address_hash is not null
),

identified as (
    select
        'customer_id' as identifier_type,
        customer_ids.customer_id as identifier,
        case when not customer_ids.is_guest then coalesce(min(resolved_pairs.customer_key), customer_ids.customer_id) end
            as customer_key,
        shared_ids.customer_id is not null as is_shared
    from customer_ids
    left join resolved_pairs
        on customer_ids.customer_id = resolved_pairs.customer_id
    left join shared_ids
        on customer_ids.customer_id = shared_ids.customer_id
    group by customer_ids.customer_id, customer_ids.is_guest, shared_ids.customer_id

    union all

    select
        'address' as identifier_type,
        address_hashes.address_hash as identifier,
        case when not address_hashes.is_shared then coalesce(min(resolved_pairs.customer_key), address_hashes.address_hash) end
            as customer_key,
        address_hashes.is_shared
    from address_hashes
    left join resolved_pairs
        on address_hashes.address_hash = resolved_pairs.address_hash
    group by address_hashes.address_hash, address_hashes.is_shared
),
{%- endif %}

final as (
    select
        identifier_type,
        identifier,
        customer_key,
        is_shared,
        case
            when customer_key is not null
                then cast(dense_rank() over (partition by customer_key is null order by customer_key) as {{ dbt.type_int() }})
        end as customer_number
    from identified
)

select * from final
