{{ config(materialized="view") }}

-- A view: movements are derived from the orders of only the customers and periods that a query asks for.

with

customer_periods as (
    select * from {{ retention.in_this_database(ref("int_retention__customer_periods")) }}
),

customer_keys as (
    select * from {{ retention.in_this_database(ref("int_retention__customer_keys")) }}
),

periods as (
    select * from {{ retention.in_this_database(ref("int_retention__periods")) }}
),

movements as (
    select
        period_grain,
        period_number,
        customer_number,
        case
            when is_active and holds_first_order then 'new'
            when is_active and not was_active then 'reactivated'
            when was_active and not is_active then 'lost'
        end as movement
    from customer_periods

    union all

    -- Lost in a period without a purchase.
    select
        period_grain,
        lost_number as period_number,
        customer_number,
        'lost' as movement
    from customer_periods
    where lost_number is not null
),

final as (
    select
        movements.period_grain,
        periods.period_start,
        customer_keys.customer_key,
        movements.movement,
        movements.customer_number
    from movements
    inner join periods
        on movements.period_grain = periods.period_grain and movements.period_number = periods.period_number
    inner join customer_keys
        on movements.customer_number = customer_keys.customer_number
    where movements.movement is not null
)

select * from final
