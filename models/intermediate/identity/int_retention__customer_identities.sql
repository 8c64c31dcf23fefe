-- Which person each identifier belongs to. By customer id, every id is a person. By e-mail, ids and addresses that
-- occur together, in an order or in a customer record, are one person, and so are all that are linked through others;
-- the least of their address hashes is the person's key, and ids that never come with an address are people of their
-- own. Persons are numbered, as engines group and join numbers many times faster than texts.

{%- set rounds = 8 %}

with

-- Addresses are taken from records that are used only: an older version of an order may name somebody else.
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

-- Ids that stand for nobody in particular.
customer_ids as (
    select
        customer_id,
        {{ retention.is_guest_id("customer_id") }} as is_guest
    from occurring_ids
    where customer_id is not null
),

{% if var("customer_identity") == "customer_id" -%}
identified as (
    select
        'customer_id' as identifier_type,
        customer_id as identifier,
        case when not is_guest then customer_id end as customer_key
    from customer_ids
),
{%- else -%}
occurrences as (
    select
        customer_id,
        email_hash
    from used_orders

    {{ retention.union_distinct() }}

    select
        customer_id,
        email_hash
    from used_customers
),

pairs as (
    select
        occurrences.customer_id,
        occurrences.email_hash,
        count(*) over (partition by occurrences.customer_id) as addresses_of_id,
        count(*) over (partition by occurrences.email_hash) as ids_of_address
    from occurrences
    inner join customer_ids
        on occurrences.customer_id = customer_ids.customer_id and not customer_ids.is_guest
    where occurrences.email_hash is not null
),

-- Most people have one id and one address. Only the others are linked, round by round: all pairs of an id,
-- then of an address, then of a person so far take the least key among them. Eight rounds join chains of
-- some fifty ids; tests/identities/linked_identifiers_are_one_person.sql tells where they did not.
round_0 as (
    select
        customer_id,
        email_hash,
        email_hash as customer_key
    from pairs
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
        min(key_of_id) over (partition by email_hash) as key_of_address
    from round_{{ round }}_by_id
),

round_{{ round }} as {{ retention.materialized() }} (
    select
        customer_id,
        email_hash,
        min(key_of_address) over (partition by customer_key) as customer_key
    from round_{{ round }}_by_address
),

{% endfor -%}

resolved_pairs as (
    select
        customer_id,
        email_hash,
        customer_key
    from round_{{ rounds }}

    union all

    select
        customer_id,
        email_hash,
        email_hash as customer_key
    from pairs
    where addresses_of_id = 1 and ids_of_address = 1
),

email_hashes as (
    select distinct email_hash
    from occurrences
    where email_hash is not null
),

identified as (
    select
        'customer_id' as identifier_type,
        customer_ids.customer_id as identifier,
        case when not customer_ids.is_guest then coalesce(min(resolved_pairs.customer_key), customer_ids.customer_id) end
            as customer_key
    from customer_ids
    left join resolved_pairs
        on customer_ids.customer_id = resolved_pairs.customer_id
    group by customer_ids.customer_id, customer_ids.is_guest

    union all

    select
        'email' as identifier_type,
        email_hashes.email_hash as identifier,
        coalesce(min(resolved_pairs.customer_key), email_hashes.email_hash) as customer_key
    from email_hashes
    left join resolved_pairs
        on email_hashes.email_hash = resolved_pairs.email_hash
    group by email_hashes.email_hash
),
{%- endif %}

final as (
    select
        identifier_type,
        identifier,
        customer_key,
        case
            when customer_key is not null
                then cast(dense_rank() over (partition by customer_key is null order by customer_key) as {{ dbt.type_int() }})
        end as customer_number
    from identified
)

select * from final
