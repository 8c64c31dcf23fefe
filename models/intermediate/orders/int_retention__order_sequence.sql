{{ config(
    materialized=retention.incremental(),
    incremental_strategy="append",
    pre_hook="{{ retention.delete_changed_groups() }}",
) }}

-- Every order, the purchases of known customers in the sequence they were made. All that is said about customers
-- over time follows from this one pass, which looks at the groups that changed only.

-- What is replaced has to be taken down first.
-- depends_on: {{ ref("int_retention__replaced_events") }}

{%- set customer_purchases = "partition by order_group order by ordered_at, order_id" %}

with

orders as (
    select * from {{ ref("int_retention__orders") }}
),

order_groups as (
    select * from {{ ref("int_retention__order_groups") }}
    where is_changed
),

refunds as (
    select
        order_id,
        sum(amount) as refunds
    from {{ ref("stg_retention__refunds") }}
    group by 1
),

grouped as (
    select
        orders.*,
        order_groups.order_group
    from orders
    inner join order_groups
        on {{ retention.order_group_key("orders.") }} = order_groups.group_key
),

sequenced as (
    select
        *,
        row_number() over ({{ customer_purchases }}) as order_number,
        first_value(order_date) over ({{ customer_purchases }}) as first_order_date,
        lag(order_date) over ({{ customer_purchases }}) as previous_order_date,
        lead(order_date) over ({{ customer_purchases }}) as next_order_date
    from grouped
    where is_purchase and customer_key is not null

    union all

    select
        *,
        cast(null as {{ dbt.type_bigint() }}) as order_number,
        cast(null as date) as first_order_date,
        cast(null as date) as previous_order_date,
        cast(null as date) as next_order_date
    from grouped
    where not is_purchase or customer_key is null
),

final as (
    select
        sequenced.order_id,
        sequenced.order_group,
        sequenced.customer_key,
        sequenced.order_date,
        sequenced.order_number,
        sequenced.first_order_date,
        sequenced.previous_order_date,
        sequenced.next_order_date,
        sequenced.is_purchase,
        sequenced.currency,
        sequenced.gross_revenue,
        sequenced.discounts,
        sequenced.shipping,
        sequenced.taxes,
        {%- for attribute in retention.attribute_columns() %}
        sequenced.{{ attribute }},
        {%- endfor %}
        sequenced.cost,
        cast(
            case when sequenced.is_purchase then coalesce(refunds.refunds, 0) else 0 end as {{ retention.type_amount() }}
        ) as refunds
    from sequenced
    left join refunds
        on sequenced.order_id = refunds.order_id
)

select * from final
