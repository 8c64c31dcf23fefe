-- The base quantities of every period and segment; every rate is a ratio of two of them.

{%- set segment_until_now %}
    partition by period_grain, segment_dimension, segment_value
    order by period_start
    rows between unbounded preceding and current row
{%- endset %}

with

periods as (
    select * from {{ ref("int_retention__periods") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

cohort_periods as (
    select * from {{ ref("int_retention__cohort_periods") }}
),

unattributed_events as (
    select * from {{ ref("int_retention__revenue_events") }}
    where customer_key is null
),

-- One row a day first, as periods overlap.
unattributed_days as (
    select
        revenue_date,
        sum(orders) as orders,
        sum(net_revenue) as net_revenue
    from unattributed_events
    group by 1
),

unattributed_by_segment_key as (
    select
        periods.period_grain,
        periods.period_start,
        customer_segments.segment_key,
        sum(unattributed_days.orders) as unattributed_orders,
        sum(unattributed_days.net_revenue) as unattributed_net_revenue
    from unattributed_days
    inner join periods
        on unattributed_days.revenue_date between periods.period_start and periods.period_end
    cross join customer_segments
    where customer_segments.customer_key is null
    group by 1, 2, 3
),

{% set quantities = {
    "cohort_periods": [
        "first_orders", "second_orders", "ordering_customers", "repeat_customers", "returning_customers", "orders",
        "gross_revenue", "discounts", "refunds", "net_revenue", "later_net_revenue", "total_revenue",
        "new_customers", "reactivated_customers", "lost_customers",
    ],
    "unattributed_by_segment_key": ["unattributed_orders", "unattributed_net_revenue"],
} -%}

{% for source, columns in quantities.items() -%}
{{ source }}_by_segment as (
    select
        {{ source }}.period_grain,
        {{ source }}.period_start,
        segments.segment_dimension,
        segments.segment_value,
        {%- for column in columns %}
        sum({{ source }}.{{ column }}) as {{ column }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ source }}
    inner join segments
        on {{ source }}.segment_key = segments.segment_key
    group by 1, 2, 3, 4
),

{% endfor -%}

segment_values as (
    select distinct
        segment_dimension,
        segment_value
    from segments
),

-- Every period of every segment value, so that a period without orders is a row of zeros, not a gap.
period_segments as (
    select
        periods.*,
        segment_values.segment_dimension,
        segment_values.segment_value
    from periods
    cross join segment_values
),

counted as (
    select
        {%- for source, columns in quantities.items() %}
        {%- for column in columns %}
        coalesce({{ source }}_by_segment.{{ column }}, 0) as {{ column }},
        {%- endfor %}
        {%- endfor %}
        period_segments.*
    from period_segments
    {% for source in quantities -%}
    left join {{ source }}_by_segment
        on
            period_segments.period_grain = {{ source }}_by_segment.period_grain
            and period_segments.period_start = {{ source }}_by_segment.period_start
            and period_segments.segment_dimension = {{ source }}_by_segment.segment_dimension
            and period_segments.segment_value = {{ source }}_by_segment.segment_value
    {% endfor %}
),

running as (
    select
        *,
        sum(new_customers + reactivated_customers - lost_customers) over ({{ segment_until_now }}) as closing_customers,
        sum(first_orders) over ({{ segment_until_now }}) as cumulative_customers,
        sum(second_orders) over ({{ segment_until_now }}) as cumulative_repeat_customers
    from counted
),

balanced as (
    select
        *,
        closing_customers - new_customers - reactivated_customers + lost_customers as opening_customers,
        closing_customers - new_customers - reactivated_customers as retained_customers,
        first_orders as acquired_customers,
        orders - first_orders as later_orders
    from running
),

final as (
    select
        {{ retention.period_key() }},
        {%- for column in [
            "opening_customers", "retained_customers", "lost_customers", "new_customers", "reactivated_customers",
            "closing_customers", "acquired_customers", "ordering_customers", "repeat_customers", "returning_customers",
            "orders", "first_orders", "later_orders", "unattributed_orders", "cumulative_customers",
            "cumulative_repeat_customers",
        ] %}
        cast({{ column }} as {{ dbt.type_bigint() }}) as {{ column }},
        {%- endfor %}
        {%- for column in [
            "gross_revenue", "discounts", "refunds", "net_revenue", "later_net_revenue", "total_revenue",
            "unattributed_net_revenue",
        ] %}
        cast({{ column }} as {{ retention.type_money() }}) as {{ column }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from balanced
)

select * from final
