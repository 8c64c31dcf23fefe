-- Customers whose first order here is not their first ever, as their record was created before the day on which the
-- data begin. Counted by the period of that order; no row where there are none.

with

customers as (
    select * from {{ ref("int_retention__customers") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
    where customer_number is not null
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

periods as (
    select * from {{ ref("int_retention__periods") }}
),

known_before as (
    select
        customer_segments.segment_key,
        customer_segments.first_order_date
    from customers
    inner join customer_segments
        on customers.customer_number = customer_segments.customer_number
    cross join reporting_dates
    where customers.created_date < {{ retention.history_starts_on() }}
),

final as (
    select
        periods.period_grain,
        periods.period_start,
        known_before.segment_key,
        count(*) as customers
    from known_before
    inner join periods
        on
            known_before.first_order_date >= periods.period_start
            and known_before.first_order_date <= periods.period_end
    group by 1, 2, 3
)

select * from final
