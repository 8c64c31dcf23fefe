{{ config(materialized="view") }}

-- What raw_customers says of a person: the record of the least of their customer ids.

with

customers as (
    select * from {{ ref("stg_retention__customers") }}
),

customer_identities as (
    select * from {{ ref("int_retention__customer_identities") }}
    where identifier_type = 'customer_id'
),

ranked as (
    select
        customer_identities.customer_key,
        customers.*,
        row_number() over (
            partition by customer_identities.customer_key
            order by customers.customer_id
        ) as record_number
    from customers
    inner join customer_identities
        on customers.customer_id = customer_identities.identifier
),

final as (
    select
        customer_key,
        customer_id,
        {%- for attribute in retention.attribute_columns() %}
        {{ attribute }},
        {%- endfor %}
        referred_by_customer_id
    from ranked
    where record_number = 1
)

select * from final
