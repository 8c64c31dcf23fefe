{{ config(materialized="view") }}

-- Every accepted order, with its place in the customer's sequence and its revenue after refunds.

with

orders as (
    select * from {{ retention.in_this_database(ref("int_retention__orders")) }}
),

customer_keys as (
    select * from {{ retention.in_this_database(ref("int_retention__customer_keys")) }}
),

known_costs as (
    select * from {{ retention.in_this_database(ref("int_retention__known_costs")) }}
),

refunds as (
    select
        order_id,
        sum(amount) as refunds
    from {{ retention.in_this_database(ref("int_retention__refunds")) }}
    group by 1
),

refunded as (
    select
        orders.*,
        customer_keys.customer_key,
        coalesce(refunds.refunds, 0) as refunds
    from orders
    left join customer_keys
        on orders.customer_number = customer_keys.customer_number
    left join refunds
        on orders.order_id = refunds.order_id
),

final as (
    select
        order_id,
        customer_key,
        cast(customer_number as {{ dbt.type_int() }}) as customer_number,
        order_date,
        cast(order_number as {{ dbt.type_bigint() }}) as order_number,
        cast({{ retention.days_between("previous_order_date", "order_date") }} as {{ dbt.type_bigint() }}) as days_since_previous_order,
        coalesce(order_number = 1, false) as is_first_order,
        is_purchase,
        currency,
        cast(gross_revenue as {{ retention.type_amount() }}) as gross_revenue,
        cast(discounts as {{ retention.type_amount() }}) as discounts,
        cast(refunds as {{ retention.type_amount() }}) as refunds,
        cast(gross_revenue - discounts - refunds as {{ retention.type_amount() }}) as net_revenue,
        cast(case when is_purchase then gross_revenue - discounts - refunds - cost end as {{ retention.type_amount() }})
            as contribution_margin_1,
        cast(
            case when is_purchase then gross_revenue - discounts - refunds - cost end
            - case when (select known_costs.has_fulfilment_costs from known_costs) then fulfilment_cost else 0 end
            - case when (select known_costs.has_payment_fees from known_costs) then payment_fee else 0 end
            as {{ retention.type_amount() }}
        ) as contribution_margin_2
    from refunded
)

select * from final
