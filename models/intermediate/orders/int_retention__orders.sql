{{ config(post_hook="{{ retention.require_known_customers(this) }}") }}

-- Every accepted order, written once: with the person who ordered, whether it is a purchase, and the purchases of each
-- known customer in chronological sequence. Everything about customers over time is derived from this table.

{%- set has_own_windows = retention.has_own_windows() %}
{#- Columns that the input lacks have one value for all orders: they are added last, so that no window carries them. #}
{%- set carried = {
    "currency": "currency", "exchange_rate": "exchange_rate", "shipping": "shipping_amount", "taxes": "tax_amount",
    "cost": "cost_amount", "fulfilment_cost": "fulfilment_cost_amount", "payment_fee": "payment_fee_amount",
} %}
{%- set absent = retention.absent_order_columns() %}
{#- By day first, as a date without a time is a day in the reporting time zone, not a point in time. Of two orders at the
    same time, the one with the lower number comes first, or else the one whose id sorts first as text. #}
{%- set customer_purchases = "partition by customer_number order by order_date, ordered_at, number_in_id, order_id" %}

with

order_records as (
    select * from {{ ref("int_retention__order_records") }}
    where rejection_reason is null and not is_copy
),

customer_identities as (
    select * from {{ ref("int_retention__customer_identities") }}
),

identified as (
    select
        order_records.*,
        {% if var("customer_identity") != "customer_id" -%}
        case
            when order_records.customer_id is not null and ids.identifier is null then -1
            when order_records.address_hash is not null and addresses.identifier is null then -1
            else coalesce(addresses.customer_number, ids.customer_number)
        end as customer_number
        {%- else -%}
        case
            when order_records.customer_id is not null and ids.identifier is null then -1
            else ids.customer_number
        end as customer_number
        {%- endif %}
    from order_records
    left join customer_identities as ids
        on order_records.customer_id = ids.identifier and ids.identifier_type = 'customer_id'
    {%- if var("customer_identity") != "customer_id" %}
    left join customer_identities as addresses
        on order_records.address_hash = addresses.identifier and addresses.identifier_type = 'address'
    {%- endif %}
),

{% if has_own_windows -%}
customer_windows as (
    select
        customer_number as customer_of_window,
        activity_window as activity_window_of_customer
    from {{ ref("int_retention__customers") }}
),

{% endif -%}
orders as (
    select
        order_id,
        {{ retention.number_in_id("order_id") }} as number_in_id,
        customer_number,
        ordered_at,
        order_date,
        {{ retention.is_purchase("status") }}
        {%- if var("minimum_order_value") | float > 0 %}
            and gross_amount - discount_amount >= cast({{ retention.text_literal(var("minimum_order_value")) }} as {{ retention.type_amount() }})
        {%- endif %} as is_purchase,
        {%- for column, record_column in carried.items() if column not in absent %}
        {{ record_column }} as {{ column }},
        {%- endfor %}
        {%- for attribute in retention.attribute_columns() %}
        {{ attribute }},
        {%- endfor %}
        {%- if has_own_windows %}
        {{ retention.add_days(retention.own_window("activity_window", "activity_window_of_customer"), "order_date") }} as own_lapse_date,
        {%- endif %}
        gross_amount as gross_revenue,
        discount_amount as discounts
    from identified
    {%- if has_own_windows %}
    left join customer_windows
        on identified.customer_number = customer_windows.customer_of_window
    {%- endif %}
),

sequenced as (
    select
        *,
        {%- if has_own_windows %}
        -- A long term is not cut short by a shorter one bought within it.
        max(own_lapse_date) over ({{ customer_purchases }} rows between unbounded preceding and current row) as lapse_date,
        max(own_lapse_date) over ({{ customer_purchases }} rows between unbounded preceding and 1 preceding) as previous_lapse_date,
        {%- endif %}
        row_number() over ({{ customer_purchases }}) as order_number,
        first_value(order_date) over ({{ customer_purchases }}) as first_order_date,
        lag(order_date) over ({{ customer_purchases }}) as previous_order_date,
        lead(order_date) over ({{ customer_purchases }}) as next_order_date
    from orders
    where is_purchase and customer_number is not null

    union all

    select
        *,
        {%- if has_own_windows %}
        cast(null as date) as lapse_date,
        cast(null as date) as previous_lapse_date,
        {%- endif %}
        cast(null as {{ dbt.type_bigint() }}) as order_number,
        cast(null as date) as first_order_date,
        cast(null as date) as previous_order_date,
        cast(null as date) as next_order_date
    from orders
    where not is_purchase or customer_number is null
),

final as (
    select
        order_id,
        customer_number,
        order_date,
        cast(order_number as {{ dbt.type_int() }}) as order_number,
        first_order_date,
        previous_order_date,
        next_order_date,
        {%- if has_own_windows %}
        lapse_date,
        previous_lapse_date,
        {%- endif %}
        is_purchase,
        {%- for column in carried %}
        {{ absent[column] ~ " as " if column in absent }}{{ column }},
        {%- endfor %}
        {%- for attribute in retention.attribute_columns() %}
        {{ attribute }},
        {%- endfor %}
        gross_revenue,
        discounts
    from sequenced
)

select * from final
