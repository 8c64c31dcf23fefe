{{ config(materialized="view") }}

-- What each customer bought and got back in each period in which they did either, and what that made of them. A
-- view: whoever asks for some periods or some customers waits for these only.

with

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

revenue_events as {{ retention.not_materialized() }} (
    select
        revenue_events.*,
        reporting_dates.as_of_date
    from {{ ref("int_retention__revenue_events") }} as revenue_events
    cross join reporting_dates
    where revenue_events.customer_key is not null
),

{% for grain in retention.period_grains() -%}
customer_{{ grain }}s as (
    {{ retention.customer_periods(grain, "revenue_events", keys=["customer_key"]) }}
),

active_{{ grain }}s as (
    {{ retention.customer_activity(grain, "customer_" ~ grain ~ "s") }}
),

{% endfor -%}

final as (
    {%- for grain in retention.period_grains() %}
    select
        '{{ grain }}' as period_grain,
        {{ retention.period_of_number(grain, "period_number") }} as period_start,
        {{ retention.period_of_number(grain, "cohort_number") }} as cohort_start,
        order_group,
        customer_key,
        orders,
        {%- for amount in ["gross_revenue", "discounts", "refunds", "net_revenue"] %}
        {{ amount }},
        {%- endfor %}
        holds_first_order,
        was_active,
        is_active,
        {{ retention.period_of_number(grain, "lost_number") }} as lost_period_start,
        {{ retention.period_of_number(grain, "end_number") }} as end_period_start
    from active_{{ grain }}s
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select * from final
