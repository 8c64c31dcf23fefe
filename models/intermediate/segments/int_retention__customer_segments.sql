-- The segment attributes of every customer: those of raw_customers, else of the first purchase. Customers
-- alike in all of them share a segment key, so that facts are summed by key once and spread over the
-- segment dimensions afterwards. Unattributed purchases have a row without a customer, where nothing is known.

{%- set attributes = retention.attribute_columns() %}

with

orders as (
    select * from {{ ref("int_retention__orders") }}
),

purchase_sequence as (
    select * from {{ ref("int_retention__purchase_sequence") }}
),

customers as (
    select * from {{ ref("int_retention__customers") }}
),

known_customers as (
    select
        {%- for dimension in retention.segment_columns() %}
        {%- if dimension | lower == "first_order_month" %}
        {{ retention.year_month("purchase_sequence.order_date") }} as {{ attributes[loop.index0] }},
        {%- else %}
        coalesce(
            customers.{{ attributes[loop.index0] }}, orders.{{ attributes[loop.index0] }}, 'unknown'
        ) as {{ attributes[loop.index0] }},
        {%- endif %}
        {%- endfor %}
        purchase_sequence.customer_key
    from purchase_sequence
    inner join orders
        on purchase_sequence.order_id = orders.order_id
    left join customers
        on purchase_sequence.customer_key = customers.customer_key
    where purchase_sequence.order_number = 1
),

nobody_known as (
    select distinct
        {%- for attribute in attributes %}
        'unknown' as {{ attribute }},
        {%- endfor %}
        cast(null as {{ dbt.type_string() }}) as customer_key
    from orders
    where is_purchase and customer_key is null
),

everyone as (
    select * from known_customers
    union all
    select * from nobody_known
),

final as (
    select
        customer_key,
        {%- for attribute in attributes %}
        {{ attribute }},
        {%- endfor %}
        {{ "dense_rank() over (order by " ~ attributes | join(", ") ~ ")" if attributes else "1" }} as segment_key
    from everyone
)

select * from final
