-- One row a customer: from the first purchase to the first lapse, and the pauses between purchases. A
-- lapse is a purchase after which no other came in time.

with

purchase_sequence as (
    select * from {{ ref("int_retention__purchase_sequence") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

lifetimes as (
    select
        purchase_sequence.customer_key,
        min(purchase_sequence.order_date) as first_order_date,
        max(purchase_sequence.order_date) as last_order_date,
        max({{ dbt.datediff("purchase_sequence.previous_order_date", "purchase_sequence.order_date", "day") }}) as longest_gap_days,
        min(case
            when
                purchase_sequence.lapse_date <= reporting_dates.as_of_date
                and not {{ retention.bought_in_time("purchase_sequence.next_order_date", "purchase_sequence.lapse_date") }}
                then purchase_sequence.lapse_date
        end) as first_lapse_date,
        max(reporting_dates.as_of_date) as as_of_date
    from purchase_sequence
    cross join reporting_dates
    group by 1
),

final as (
    select
        lifetimes.customer_key,
        customer_segments.segment_key,
        lifetimes.first_order_date,
        lifetimes.last_order_date,
        lifetimes.longest_gap_days,
        {{ dbt.datediff("lifetimes.last_order_date", "lifetimes.as_of_date", "day") }} as days_since_last_order,
        lifetimes.first_lapse_date,
        {{ dbt.datediff("lifetimes.first_order_date", "coalesce(lifetimes.first_lapse_date, lifetimes.as_of_date)", "day") }}
            as lifetime_days,
        lifetimes.first_lapse_date is not null as has_lapsed
    from lifetimes
    inner join customer_segments
        on lifetimes.customer_key = customer_segments.customer_key
)

select * from final
