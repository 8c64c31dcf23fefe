-- The segment attributes of every customer: those of raw_customers, else of the first purchase. Customers
-- alike in all of them share a segment key, so that facts are summed by key once and spread over the
-- segment dimensions afterwards. Unattributed purchases have a row without a customer, where nothing is known.

{%- set attributes = retention.attribute_columns() %}

with

first_purchases as (
    select * from {{ ref("int_retention__order_sequence") }}
    where order_number = 1
),

unattributed_purchases as (
    select * from {{ ref("int_retention__order_sequence") }}
    where is_purchase and customer_key is null
),

{% if attributes -%}
customers as (
    select * from {{ ref("int_retention__customers") }}
),

{% endif -%}
known_customers as (
    select
        first_purchases.order_group,
        first_purchases.order_date as first_order_date,
        {%- for dimension in retention.segment_columns() %}
        {%- if dimension | lower == "first_order_month" %}
        {{ retention.year_month("first_purchases.order_date") }} as {{ attributes[loop.index0] }},
        {%- else %}
        coalesce(
            customers.{{ attributes[loop.index0] }}, first_purchases.{{ attributes[loop.index0] }}, 'unknown'
        ) as {{ attributes[loop.index0] }},
        {%- endif %}
        {%- endfor %}
        first_purchases.customer_key
    from first_purchases
    {% if attributes -%}
    left join customers
        on first_purchases.customer_key = customers.customer_key
    {% endif %}
),

nobody_known as (
    select distinct
        cast(null as {{ dbt.type_bigint() }}) as order_group,
        cast(null as date) as first_order_date,
        {%- for attribute in attributes %}
        'unknown' as {{ attribute }},
        {%- endfor %}
        cast(null as {{ dbt.type_string() }}) as customer_key
    from unattributed_purchases
),

everyone as (
    select * from known_customers
    union all
    select * from nobody_known
),

final as (
    select
        order_group,
        customer_key,
        first_order_date,
        {%- for attribute in attributes %}
        {{ attribute }},
        {%- endfor %}
        {{ retention.row_fingerprint(attributes) if attributes else "1" }} as segment_key
    from everyone
)

select * from final
