-- The segment attributes of every customer: those of raw_customers, else of the first purchase, and those derived from
-- the first purchase itself. Customers who share all of them have the same segment key, so facts are summed by key
-- once and then spread over the segment dimensions. Unattributed purchases, and refunds of no known order, have a row
-- without a customer, in which everything is unknown.

{%- set attributes = retention.attribute_columns() %}

with

orders as (
    select * from {{ ref("int_retention__orders") }}
),

refunds as (
    select * from {{ ref("int_retention__refunds") }}
),

customer_keys as (
    select * from {{ ref("int_retention__customer_keys") }}
),

{% if attributes -%}
customers as (
    select * from {{ ref("int_retention__customers") }}
),

{% endif -%}
known_customers as (
    select
        orders.customer_number,
        customer_keys.customer_key,
        {%- for dimension in retention.segment_columns() %}
        {%- if dimension | lower in retention.first_order_dimensions() %}
        {{ retention.first_order_dimensions()[dimension | lower] }} as {{ attributes[loop.index0] }},
        {%- else %}
        coalesce(customers.{{ attributes[loop.index0] }}, orders.{{ attributes[loop.index0] }}, 'unknown')
            as {{ attributes[loop.index0] }},
        {%- endif %}
        {%- endfor %}
        orders.order_date as first_order_date
    from orders
    inner join customer_keys
        on orders.customer_number = customer_keys.customer_number
    {%- if attributes %}
    left join customers
        on orders.customer_number = customers.customer_number
    {%- endif %}
    where orders.order_number = 1
),

unattributed as (
    select 1 as a_row
    from orders
    where is_purchase and customer_number is null

    union all

    select 1 as a_row
    from refunds
    where customer_number is null
),

nobody as (
    select distinct
        cast(null as {{ dbt.type_int() }}) as customer_number,
        cast(null as {{ dbt.type_string() }}) as customer_key,
        {%- for attribute in attributes %}
        'unknown' as {{ attribute }},
        {%- endfor %}
        cast(null as date) as first_order_date
    from unattributed
),

everyone as (
    select * from known_customers
    union all
    select * from nobody
),

final as (
    select
        *,
        {{ "dense_rank() over (order by " ~ attributes | join(", ") ~ ")" if attributes else "1" }} as segment_key
    from everyone
)

select * from final
