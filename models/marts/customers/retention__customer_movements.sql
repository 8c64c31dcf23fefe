{{ config(materialized="view") }}

-- A view: movements are told from the orders of the customers and periods that a query asks for.

with

customer_periods as (
    select * from {{ ref("int_retention__customer_periods") }}
),

movements as (
    select
        period_grain,
        period_start,
        customer_key,
        case
            when is_active and holds_first_order then 'new'
            when is_active and not was_active then 'reactivated'
            when was_active and not is_active then 'lost'
        end as movement
    from customer_periods
),

-- Lost in a period without a purchase.
losses as (
    select
        period_grain,
        lost_period_start as period_start,
        customer_key,
        'lost' as movement
    from customer_periods
    where lost_period_start is not null
),

final as (
    select * from movements
    where movement is not null
    union all
    select * from losses
)

select * from final
