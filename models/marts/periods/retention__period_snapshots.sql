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

customer_movements as (
    select * from {{ ref("retention__customer_movements") }}
),

customer_periods as (
    select * from {{ ref("int_retention__customer_periods") }}
),

unattributed_events as (
    select * from {{ ref("int_retention__revenue_events") }}
    where customer_key is null
),

movements_by_segment_key as (
    select
        customer_movements.period_grain,
        customer_movements.period_start,
        customer_segments.segment_key,
        sum(case when customer_movements.movement = 'new' then 1 else 0 end) as new_customers,
        sum(case when customer_movements.movement = 'reactivated' then 1 else 0 end) as reactivated_customers,
        sum(case when customer_movements.movement = 'lost' then 1 else 0 end) as lost_customers
    from customer_movements
    inner join customer_segments
        on customer_movements.customer_key = customer_segments.customer_key
    group by 1, 2, 3
),

activity_by_segment_key as (
    select
        customer_periods.period_grain,
        customer_periods.period_start,
        customer_segments.segment_key,
        sum(customer_periods.first_orders) as first_orders,
        sum(customer_periods.second_orders) as second_orders,
        sum(case when customer_periods.orders > 0 then 1 else 0 end) as ordering_customers,
        sum(case when customer_periods.orders > 1 then 1 else 0 end) as repeat_customers,
        sum(
            case when customer_periods.orders > 0 and customer_periods.first_orders = 0 then 1 else 0 end
        ) as returning_customers,
        sum(customer_periods.orders) as orders,
        sum(customer_periods.gross_revenue) as gross_revenue,
        sum(customer_periods.discounts) as discounts,
        sum(customer_periods.refunds) as refunds,
        sum(customer_periods.net_revenue) as net_revenue,
        sum(customer_periods.later_net_revenue) as later_net_revenue,
        sum(customer_periods.total_revenue) as total_revenue
    from customer_periods
    inner join customer_segments
        on customer_periods.customer_key = customer_segments.customer_key
    group by 1, 2, 3
),

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
    "movements": ["new_customers", "reactivated_customers", "lost_customers"],
    "activity": [
        "first_orders", "second_orders", "ordering_customers", "repeat_customers", "returning_customers", "orders",
        "gross_revenue", "discounts", "refunds", "net_revenue", "later_net_revenue", "total_revenue",
    ],
    "unattributed": ["unattributed_orders", "unattributed_net_revenue"],
} -%}

{% for source, columns in quantities.items() -%}
{{ source }} as (
    select
        by_key.period_grain,
        by_key.period_start,
        segments.segment_dimension,
        segments.segment_value,
        {%- for column in columns %}
        sum(by_key.{{ column }}) as {{ column }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ source }}_by_segment_key as by_key
    inner join segments
        on by_key.segment_key = segments.segment_key
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
        coalesce({{ source }}.{{ column }}, 0) as {{ column }},
        {%- endfor %}
        {%- endfor %}
        period_segments.*
    from period_segments
    {% for source in quantities -%}
    left join {{ source }}
        on
            period_segments.period_grain = {{ source }}.period_grain
            and period_segments.period_start = {{ source }}.period_start
            and period_segments.segment_dimension = {{ source }}.segment_dimension
            and period_segments.segment_value = {{ source }}.segment_value
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
