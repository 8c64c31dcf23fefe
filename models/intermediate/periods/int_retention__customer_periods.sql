{{ config(materialized="view") }}

-- What each customer did in each period in which they bought or got a refund, the resulting status, and how their revenue
-- changed from the previous period. A view, as a table would be several times as large as the orders. Revenue events are
-- referenced directly: a common table expression, read by four grains, would hold those of all customers.

{%- set revenue_events = retention.in_this_database(ref("int_retention__revenue_events")) %}

with

reporting_dates as (
    select as_of_date from {{ retention.in_this_database(ref("int_retention__reporting_dates")) }}
),

customer_periods as (
    {{ retention.customer_periods("week", revenue_events) }}

    union all

    {{ retention.customer_periods("month", revenue_events) }}

    union all

    {{ retention.customer_periods("quarter", revenue_events) }}

    union all

    {{ retention.customer_periods("year", revenue_events) }}
),

-- Active at the close before the period, and at its close or on the as-of date.
active as (
    select
        *,
        cohort_number = period_number and orders > 0 as holds_first_order,
        cohort_number < period_number and coalesce(previous_lapse_number >= period_number, false) as was_active,
        orders > 0 and (lapse_number > period_number or not has_lapsed) as is_active,
        coalesce(previous_number = period_number - 1, false) as follows_previous,
        coalesce(following_number = period_number + 1, false) as precedes_next
    from customer_periods
),

final as (
    select
        period_grain,
        period_number,
        cohort_number,
        customer_number,
        orders,
        net_revenue,
        holds_first_order,
        was_active,
        is_active,
        precedes_next,
        cast(net_revenue - case when follows_previous then previous_net_revenue else 0 end as {{ retention.type_amount() }})
            as revenue_change,
        case
            when holds_first_order then 'new'
            when orders > 0 and (not follows_previous or previous_orders = 0) then 'reactivated'
            when orders > 0 and net_revenue > previous_net_revenue then 'expansion'
            when orders > 0 then 'contraction'
            when follows_previous and previous_orders > 0 then 'churned'
            else 'adjustment'
        end as change_class,
        -- Lost in a later period, if no purchase came before. A purchase in the period of the lapse decides there.
        case
            when lapse_number > period_number and has_lapsed and (next_number <= period_number or next_number > lapse_number)
                then lapse_number
        end as lost_number,
        -- The first period at whose close these purchases no longer keep the customer active.
        case
            when next_number > period_number and (next_number <= lapse_number or not has_lapsed) then next_number
            when has_lapsed then lapse_number
        end as end_number
    from active
)

select * from final
