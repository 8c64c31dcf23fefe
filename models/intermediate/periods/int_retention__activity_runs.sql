-- Stretches of period closes at which a customer was active on account of one period's purchases: from
-- the close of `first_period_start` to the last close before `end_period_start` (NULL: still active at
-- the as-of date). A run that starts where no run ended is a gain; one that ends where none starts is a loss.

{%- set customer_runs = "partition by period_grain, customer_key order by first_period_start" %}

with

customer_periods as (
    select * from {{ ref("int_retention__customer_periods") }}
    where orders > 0
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

-- A lapse after the as-of date has not happened yet.
bounded as (
    select
        customer_periods.period_grain,
        customer_periods.customer_key,
        customer_periods.period_start as first_period_start,
        customer_periods.first_orders > 0 as holds_first_purchase,
        case
            {%- for grain in retention.period_grains() %}
            when
                customer_periods.active_until <= reporting_dates.as_of_date
                and customer_periods.period_grain = '{{ grain }}'
                then {{ retention.period_start(grain, "customer_periods.active_until") }}
            {%- endfor %}
        end as end_period_start
    from customer_periods
    cross join reporting_dates
),

-- A customer who lapses in the very period of the purchase is not active at any close on its account.
runs as (
    select * from bounded
    where end_period_start is null or end_period_start > first_period_start
),

final as (
    select
        *,
        coalesce(lag(end_period_start) over ({{ customer_runs }}) <> first_period_start, true) as is_gain,
        coalesce(
            lead(first_period_start) over ({{ customer_runs }}) <> end_period_start, end_period_start is not null
        ) as is_loss
    from runs
)

select * from final
