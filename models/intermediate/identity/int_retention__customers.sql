{{ config(materialized="view") }}

-- The raw_customers record of each person, or that of their lowest customer id where several ids are one person.

with

customer_records as (
    select * from {{ ref("int_retention__customer_records") }}
    where rejection_reason is null and not is_copy
),

customer_identities as (
    select * from {{ ref("int_retention__customer_identities") }}
    where identifier_type = 'customer_id' and customer_key is not null
),

ranked as (
    select
        customer_identities.customer_key,
        customer_identities.customer_number,
        customer_records.*,
        row_number() over (
            partition by customer_identities.customer_number
            order by customer_records.customer_id
        ) as record_number
    from customer_records
    inner join customer_identities
        on customer_records.customer_id = customer_identities.identifier
),

final as (
    select
        customer_key,
        customer_number,
        customer_id,
        {%- for attribute in retention.carried_columns() %}
        {{ attribute }},
        {%- endfor %}
        created_date,
        referred_by_customer_id
    from ranked
    where record_number = 1
)

select * from final
