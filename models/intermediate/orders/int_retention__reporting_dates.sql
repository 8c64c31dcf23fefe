-- One row: the first order date and the as-of date, between which everything is counted, the first day of the first
-- period, and the days up to which the customer value models are fitted for their hold-outs.

with

orders as (
    select * from {{ ref("int_retention__orders") }}
),

counted as (
    select
        min(order_date) as first_order_date,
        {{ retention.as_of_date("order_date") }} as as_of_date
    from orders
),

halved as (
    select
        first_order_date,
        as_of_date,
        -- A week can start before its year.
        least(
            first_order_date
            {%- for grain in retention.period_grains() %},
            {{ retention.period_start(grain, "first_order_date") }}
            {%- endfor %}
        ) as first_period_start,
        cast(
            {{ dbt.dateadd(
                "day",
                "cast(floor(" ~ retention.days_between("first_order_date", "as_of_date") ~ " / 2.0) as integer)",
                "first_order_date",
            ) }} as date
        ) as calibration_date
    from counted
),

final as (
    select
        *,
        cast(
            {{ dbt.dateadd(
                "day",
                "cast(floor(" ~ retention.days_between("first_order_date", "calibration_date") ~ " / 2.0) as integer)",
                "first_order_date",
            ) }} as date
        ) as early_calibration_date
    from halved
)

select * from final
