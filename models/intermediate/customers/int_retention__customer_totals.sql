-- What and when every customer has bought to date: everything reported on single customers comes from this row.
-- Purchases on the same day are one purchase day; those up to the two calibration dates are also counted separately.

{%- set is_purchase_day = "orders > 0 and coalesce(previous_order_date < revenue_date, true)" %}
{%- set is_repeat = "orders > 0 and revenue_date > first_order_date" %}
{%- set is_observed = {
    "calibration": "revenue_date <= calibration_date",
    "early_calibration": "revenue_date <= early_calibration_date",
} %}

with

customer_keys as (
    select * from {{ ref("int_retention__customer_keys") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

revenue_events as (
    select
        revenue_events.*,
        {%- if not retention.has_own_windows() %}
        {{ retention.lapse_date("revenue_events.revenue_date") }} as lapse_date,
        {%- endif %}
        reporting_dates.calibration_date,
        reporting_dates.early_calibration_date
    from {{ ref("int_retention__revenue_events") }} as revenue_events
    cross join reporting_dates
    where revenue_events.customer_number is not null
),

counted as (
    select
        customer_number,
        first_order_date,
        max(case when orders > 0 then revenue_date end) as last_order_date,
        cast(sum(orders) as {{ dbt.type_bigint() }}) as orders,
        cast(sum(net_revenue) as {{ retention.type_amount() }}) as net_revenue,
        cast({{ retention.sum_if_known("contribution_margin_1") }} as {{ retention.type_amount() }}) as contribution_margin_1,
        cast({{ retention.sum_if_known("margin") }} as {{ retention.type_amount() }}) as margin,
        max({{ retention.days_between("previous_order_date", "revenue_date") }}) as longest_gap_days,
        {%- if retention.has_own_windows() %}
        max(lapse_date) as lapse_date,
        {%- endif %}
        min(
            case
                when orders > 0 and not {{ retention.bought_in_time("next_order_date", "lapse_date") }} then lapse_date
            end
        ) as first_lapse_date,
        cast(sum(case when {{ is_purchase_day }} then 1 else 0 end) as {{ dbt.type_bigint() }}) as purchase_days,
        {%- for observation, is_in_it in is_observed.items() %}
        max(case when orders > 0 and {{ is_in_it }} then revenue_date end) as last_{{ observation }}_order_date,
        cast(
            sum(case when {{ is_purchase_day }} and {{ is_in_it }} then 1 else 0 end) as {{ dbt.type_bigint() }}
        ) as {{ observation }}_purchase_days,
        cast(
            sum(case when {{ is_repeat }} and {{ is_in_it }} then gross_revenue - discounts end)
            as {{ retention.type_amount() }}
        ) as {{ observation }}_repeat_purchase_value,
        {%- endfor %}
        cast(sum(case when {{ is_repeat }} then gross_revenue - discounts end) as {{ retention.type_amount() }})
            as repeat_purchase_value
    from revenue_events
    group by customer_number, first_order_date
),

final as (
    select
        customer_keys.customer_key,
        counted.*
    from counted
    inner join customer_keys
        on counted.customer_number = customer_keys.customer_number
)

select * from final
