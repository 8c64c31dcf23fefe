{{ config(materialized=("view" if var("customer_identity") == "customer_id" else "table")) }}

-- Which person each identifier belongs to. By e-mail, ids and addresses that occur together, in an order or
-- in a customer record, are one person, and so are all that are linked through others; the least
-- of their address hashes is the person's key. Ids that never come with an address are people of their own.

{%- set rounds = 8 %}

with

orders as (
    select * from {{ ref("stg_retention__orders") }}
),

customers as (
    select * from {{ ref("stg_retention__customers") }}
),

{% if var("customer_identity") == "customer_id" -%}
final as (
    select
        'customer_id' as identifier_type,
        customer_id as identifier,
        customer_id as customer_key
    from orders
    where customer_id is not null

    {{ retention.union_distinct() }}

    select
        'customer_id' as identifier_type,
        customer_id as identifier,
        customer_id as customer_key
    from customers
)
{%- else -%}
occurrences as (
    select
        customer_id,
        email_hash
    from orders

    {{ retention.union_distinct() }}

    select
        customer_id,
        email_hash
    from customers
),

pairs as (
    select
        *,
        count(*) over (partition by customer_id) as addresses_of_id,
        count(*) over (partition by email_hash) as ids_of_address
    from occurrences
    where customer_id is not null and email_hash is not null
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

final as (
    {%- for identifier_type, identifier in [("customer_id", "customer_id"), ("email", "email_hash")] %}
    select
        '{{ identifier_type }}' as identifier_type,
        occurrences.{{ identifier }} as identifier,
        min(coalesce(resolved_pairs.customer_key, occurrences.{{ identifier }})) as customer_key
    from occurrences
    left join resolved_pairs
        on occurrences.{{ identifier }} = resolved_pairs.{{ identifier }}
    where occurrences.{{ identifier }} is not null
    group by occurrences.{{ identifier }}
    {% if not loop.last -%}
    union all
    {%- endif %}
    {%- endfor %}
)
{%- endif %}

select * from final
