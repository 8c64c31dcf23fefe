-- Is our acquisition cost justified beyond the first order, by channel?
--
-- One row per value of the acquisition channel, and one for the whole shop (`all`), the least justified first.
-- `first_order_margin` is the margin of a customer's first day, `margin_by_day_365` that of the first year, both over
-- customers who are 365 days old; `later_margin` is the difference. `verdict`: `by the first order` where the first day
-- alone pays back the acquisition cost per customer, `by later orders` where the first year does, else `not within a year`,
-- or the reason why it is unknown. `payback_day` is the day on which the cost was paid back. Customers are compared at the
-- same age, with costs and customers of all time, which hides a recent rise in a channel's cost;
-- `recent_customer_acquisition_cost` is therefore that of the last 12 complete months, if months are built. Margin is
-- contribution margin 2. A channel's customers might have come without it; only an experiment can tell.

with

repurchase_windows as (
    select * from {{ ref("retention__repurchase_windows") }}
    where
        cohort_grain = 'all'
        and lower(segment_dimension) in ('all', 'acquisition_channel', 'channel')
),

cohort_days as (
    select * from {{ ref("int_retention__cohort_days") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

acquisition as (
    select * from {{ ref("retention__acquisition") }}
    where period_grain = 'month' and is_complete
),

-- The longest window of at most a year.
first_year as (
    select
        *,
        row_number() over (partition by segment_dimension, segment_value order by window_days desc) as windows_back
    from repurchase_windows
    where window_days <= 365 and mature_customers > 0
),

-- The first day of the same customers.
first_days as (
    select
        first_year.segment_dimension,
        first_year.segment_value,
        case when sum(cohort_days.unknown_margins) = 0 then sum(cohort_days.known_margin) end as margin,
        sum(cohort_days.first_orders) as customers
    from first_year
    inner join segments
        on
            first_year.segment_dimension = segments.segment_dimension
            and first_year.segment_value = segments.segment_value
    inner join cohort_days
        on segments.segment_key = cohort_days.segment_key
    cross join reporting_dates
    where
        first_year.windows_back = 1
        and cohort_days.revenue_date <= cohort_days.first_order_date
        and {{ retention.add_days("cast(first_year.window_days as integer)", "cohort_days.first_order_date") }}
        <= reporting_dates.as_of_date
    group by 1, 2
),

recent_months as (
    select
        *,
        row_number() over (partition by segment_dimension, segment_value order by period_start desc) as months_back
    from acquisition
),

recent_costs as (
    select
        segment_dimension,
        segment_value,
        {{ retention.ratio("sum(acquisition_cost)", "sum(acquired_customers)") }} as recent_customer_acquisition_cost
    from recent_months
    where months_back <= 12
    group by 1, 2
),

compared as (
    select
        first_year.segment_dimension,
        first_year.segment_value,
        first_year.window_days,
        first_year.mature_customers,
        first_year.customer_acquisition_cost,
        recent_costs.recent_customer_acquisition_cost,
        {{ retention.ratio("first_days.margin", "first_days.customers") }} as first_order_margin,
        first_year.margin_per_customer as margin_by_day_365,
        first_year.ltv_to_cac,
        first_year.payback_day,
        first_year.repurchase_rate,
        first_year.reason
    from first_year
    inner join first_days
        on
            first_year.segment_dimension = first_days.segment_dimension
            and first_year.segment_value = first_days.segment_value
    left join recent_costs
        on
            first_year.segment_dimension = recent_costs.segment_dimension
            and first_year.segment_value = recent_costs.segment_value
    where first_year.windows_back = 1
),

final as (
    select
        segment_dimension,
        segment_value,
        window_days,
        mature_customers,
        customer_acquisition_cost,
        recent_customer_acquisition_cost,
        first_order_margin,
        margin_by_day_365 - first_order_margin as later_margin,
        margin_by_day_365,
        ltv_to_cac,
        payback_day,
        repurchase_rate,
        case
            when customer_acquisition_cost is null or margin_by_day_365 is null then coalesce(reason, 'unknown')
            when first_order_margin >= customer_acquisition_cost then 'by the first order'
            when margin_by_day_365 >= customer_acquisition_cost then 'by later orders'
            else 'not within a year'
        end as verdict
    from compared
)

select * from final
order by segment_dimension, ltv_to_cac, segment_value
