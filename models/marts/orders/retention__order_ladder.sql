-- Of the customers who placed an n-th order, how many placed another, and how soon. Those who have not may still do so:
-- the estimator of Kaplan & Meier (1958, JASA 53(282)) counts them for as long as they have been observed.

{%- set rung = "partition by segment_dimension, segment_value, order_number order by days" %}
{%- set attributes = retention.attribute_columns() %}

with

revenue_events as (
    select * from {{ ref("int_retention__revenue_events") }}
    where customer_number is not null
),

{% if attributes -%}
customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

{% endif -%}
segments as (
    select * from {{ ref("int_retention__segments") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

-- Days from an order to the next one or, where there is none yet, to the as-of date. A refund has no days of its own.
by_segment_key as (
    select
        {{ "customer_segments.segment_key" if attributes else "1" }} as segment_key,
        revenue_events.order_number,
        case
            when revenue_events.orders > 0
                then {{ retention.days_between(
                    "revenue_events.revenue_date",
                    "coalesce(revenue_events.next_order_date, reporting_dates.as_of_date)"
                ) }}
            else 0
        end as days,
        sum(revenue_events.orders) as customers,
        sum(case when revenue_events.next_order_date is null then 0 else 1 end) as continued_customers,
        sum(revenue_events.net_revenue) as net_revenue
    from revenue_events
    {% if attributes -%}
    inner join customer_segments
        on revenue_events.customer_number = customer_segments.customer_number
    {% endif -%}
    cross join reporting_dates
    group by 1, 2, 3
),

by_segment as (
    select
        segments.segment_dimension,
        segments.segment_value,
        by_segment_key.order_number,
        by_segment_key.days,
        sum(by_segment_key.customers) as customers,
        sum(by_segment_key.continued_customers) as continued_customers,
        sum(by_segment_key.net_revenue) as net_revenue
    from by_segment_key
    inner join segments
        on by_segment_key.segment_key = segments.segment_key
    group by 1, 2, 3, 4
),

watched as (
    select
        *,
        sum(customers) over ({{ rung }} rows between current row and unbounded following) as at_risk,
        sum(continued_customers) over ({{ rung }} rows between unbounded preceding and current row) as continued_so_far,
        sum(continued_customers) over (partition by segment_dimension, segment_value, order_number) as all_continued
    from by_segment
),

-- The share of customers who have not ordered again by a day, as a logarithm: Kaplan and Meier's product. It is summed
-- day by day, as sums in varying order differ in their last digits. It ends where everybody left orders again; no day
-- comes after that.
estimated as (
    select
        *,
        sum(
            case
                when continued_customers < at_risk
                    then ln(1 - cast(continued_customers as {{ retention.type_double() }}) / at_risk)
            end
        ) over ({{ rung }} rows between unbounded preceding and current row) as log_open
    from watched
),

summarised as (
    select
        segment_dimension,
        segment_value,
        order_number,
        sum(customers) as customers,
        sum(continued_customers) as continued_customers,
        sum(net_revenue) as net_revenue,
        max(days) as longest_watched_days,
        min(case when continued_customers = at_risk and customers > 0 then days end) as last_day,
        min(case when days <= 90 then log_open end) as log_open_90_days,
        min(case when days <= 365 then log_open end) as log_open_365_days,
        min(case when continued_so_far * 2 >= all_continued and all_continued > 0 then days end) as median_days_to_next,
        cast(sum(days * continued_customers) as {{ retention.type_double() }})
        / nullif(sum(continued_customers), 0) as mean_days_to_next
    from estimated
    group by 1, 2, 3
),

-- The share within 90 days is unknown if nobody has been observed for that long and not everybody ordered again before.
final as (
    select
        segment_dimension,
        segment_value,
        cast(order_number as {{ dbt.type_bigint() }}) as order_number,
        cast(customers as {{ dbt.type_bigint() }}) as customers,
        cast(continued_customers as {{ dbt.type_bigint() }}) as continued_customers,
        cast(net_revenue as {{ retention.type_money() }}) as net_revenue,
        {{ retention.ratio("continued_customers", "customers") }} as continuation_rate,
        {{ retention.wilson_bound("continued_customers", "customers", "low") }} as continuation_rate_low,
        {{ retention.wilson_bound("continued_customers", "customers", "high") }} as continuation_rate_high,
        case
            when last_day <= 90 then 1.0
            when longest_watched_days >= 90 then 1 - exp(coalesce(log_open_90_days, 0))
        end as continuation_rate_90_days,
        case
            when last_day <= 365 then 1.0
            when longest_watched_days >= 365 then 1 - exp(coalesce(log_open_365_days, 0))
        end as continuation_rate_365_days,
        cast(median_days_to_next as {{ dbt.type_bigint() }}) as median_days_to_next,
        mean_days_to_next,
        {{ retention.ratio("net_revenue", "customers") }} as average_order_value
    from summarised
)

select * from final
