-- The headline value of a customer does not depend on the length of the period: where periods of several grains close on
-- the same day, the same customers have the same value.

with

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

closes as (
    select
        lifetime_value.segment_dimension,
        lifetime_value.segment_value,
        case
            when lifetime_value.is_complete then lifetime_value.period_end else reporting_dates.as_of_date
        end as close_date,
        max(lifetime_value.mature_customers) - min(lifetime_value.mature_customers) as customers_apart,
        max(lifetime_value.mature_net_revenue) - min(lifetime_value.mature_net_revenue) as net_revenue_apart,
        max(lifetime_value.mature_margin) - min(lifetime_value.mature_margin) as margin_apart,
        max(lifetime_value.clv_365_days) - min(lifetime_value.clv_365_days) as clv_apart,
        max(lifetime_value.predicted_clv_per_customer) - min(lifetime_value.predicted_clv_per_customer) as predicted_clv_apart
    from {{ ref("retention__customer_lifetime_value") }} as lifetime_value
    cross join reporting_dates
    group by 1, 2, 3
)

select * from closes
where
    customers_apart <> 0
    or net_revenue_apart <> 0
    or margin_apart <> 0
    or abs(clv_apart) > 0.000001
    or abs(predicted_clv_apart) > 0.000001
