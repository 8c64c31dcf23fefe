{{ config(materialized="view") }}

-- Everything that changes revenue: purchases on their order date and refunds on the date they count, attributed to
-- a customer or not (customer_number is NULL).

with

purchases as (
    select * from {{ retention.in_this_database(ref("int_retention__orders")) }}
    where is_purchase
),

known_costs as (
    select * from {{ retention.in_this_database(ref("int_retention__known_costs")) }}
),

refunds as (
    select * from {{ retention.in_this_database(ref("int_retention__refunds")) }}
),

purchased as (
    select
        customer_number,
        order_date as revenue_date,
        order_number,
        first_order_date,
        previous_order_date,
        next_order_date,
        {%- if retention.has_own_windows() %}
        lapse_date,
        previous_lapse_date,
        {%- endif %}
        1 as orders,
        gross_revenue,
        discounts,
        cast(0 as {{ retention.type_amount() }}) as refunds,
        cast(gross_revenue - discounts as {{ retention.type_amount() }}) as net_revenue,
        cast(gross_revenue - discounts + shipping + taxes as {{ retention.type_amount() }}) as total_revenue,
        cast(gross_revenue - discounts - cost as {{ retention.type_amount() }}) as contribution_margin_1,
        -- A cost that no purchase has is not recorded by this shop.
        cast(
            gross_revenue - discounts - cost
            - case when (select known_costs.has_fulfilment_costs from known_costs) then fulfilment_cost else 0 end
            - case when (select known_costs.has_payment_fees from known_costs) then payment_fee else 0 end
            as {{ retention.type_amount() }}
        ) as margin
    from purchases
),

refunded as (
    select
        customer_number,
        revenue_date,
        order_number,
        first_order_date,
        cast(null as date) as previous_order_date,
        cast(null as date) as next_order_date,
        {%- if retention.has_own_windows() %}
        cast(null as date) as lapse_date,
        cast(null as date) as previous_lapse_date,
        {%- endif %}
        0 as orders,
        cast(0 as {{ retention.type_amount() }}) as gross_revenue,
        cast(0 as {{ retention.type_amount() }}) as discounts,
        amount as refunds,
        cast(-amount as {{ retention.type_amount() }}) as net_revenue,
        cast(-amount as {{ retention.type_amount() }}) as total_revenue,
        cast(-amount as {{ retention.type_amount() }}) as contribution_margin_1,
        cast(-amount as {{ retention.type_amount() }}) as margin
    from refunds
),

final as (
    select * from purchased
    union all
    select * from refunded
)

select * from final
