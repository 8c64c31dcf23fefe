{{ config(materialized="view") }}

-- One row per customer: from the first purchase to the first lapse, as known on the as-of date, and the pauses
-- between purchases. A lapse follows a purchase after which no other came in time.

with

customer_totals as (
    select * from {{ ref("int_retention__customer_totals") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

lapsed as (
    select
        customer_totals.customer_key,
        customer_segments.segment_key,
        customer_totals.first_order_date,
        customer_totals.last_order_date,
        customer_totals.longest_gap_days,
        case
            when customer_totals.first_lapse_date <= reporting_dates.as_of_date then customer_totals.first_lapse_date
        end as first_lapse_date,
        reporting_dates.as_of_date
    from customer_totals
    inner join customer_segments
        on customer_totals.customer_number = customer_segments.customer_number
    cross join reporting_dates
),

final as (
    select
        customer_key,
        segment_key,
        first_order_date,
        last_order_date,
        longest_gap_days,
        {{ retention.days_between("last_order_date", "as_of_date") }} as days_since_last_order,
        first_lapse_date,
        {{ retention.days_between("first_order_date", "coalesce(first_lapse_date, as_of_date)") }} as lifetime_days,
        first_lapse_date is not null as has_lapsed
    from lapsed
)

select * from final
