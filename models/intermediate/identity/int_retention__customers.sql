{{ config(materialized="view") }}

-- What raw_customers says of a person: their record, or that of the least of their customer ids where people are
-- told apart by address.

with

customers as (
    select * from {{ ref("stg_retention__customers") }}
),

{% if var("customer_identity") == "email" -%}
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

identified as (
    select * from ranked
    where record_number = 1
),
{%- else -%}
identified as (
    select
        *,
        customer_id as customer_key
    from customers
),
{%- endif %}

final as (
    select
        customer_key,
        customer_id,
        {%- for attribute in retention.attribute_columns() %}
        {{ attribute }},
        {%- endfor %}
        referred_by_customer_id
    from identified
)

select * from final
