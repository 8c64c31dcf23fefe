-- What changed net revenue from one period to the next. Only the periods in which a customer bought or
-- got something back are looked at; a period without either is known from the period before it.

{%- set by_period %}
    partition by customer_periods.period_grain, customer_periods.customer_key
    order by periods.period_number
{%- endset %}
{%- set segment_periods %}
    partition by period_grain, segment_dimension, segment_value
    order by period_start
{%- endset %}

with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

periods as (
    select * from {{ ref("int_retention__periods") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

customer_periods as (
    select * from {{ ref("int_retention__customer_periods") }}
),

successive as (
    select
        customer_periods.period_grain,
        periods.period_number,
        customer_segments.segment_key,
        customer_periods.first_orders,
        customer_periods.orders,
        customer_periods.net_revenue,
        coalesce(lag(periods.period_number) over ({{ by_period }}) = periods.period_number - 1, false) as follows_previous,
        lag(customer_periods.orders) over ({{ by_period }}) as previous_orders,
        lag(customer_periods.net_revenue) over ({{ by_period }}) as previous_net_revenue,
        coalesce(lead(periods.period_number) over ({{ by_period }}) = periods.period_number + 1, false) as precedes_next
    from customer_periods
    inner join periods
        on
            customer_periods.period_grain = periods.period_grain
            and customer_periods.period_start = periods.period_start
    inner join customer_segments
        on customer_periods.customer_key = customer_segments.customer_key
),

-- Periods with a row of the customer, then those after one that have none.
changes as (
    select
        period_grain,
        period_number,
        segment_key,
        first_orders,
        orders,
        case when follows_previous then previous_orders else 0 end as previous_orders,
        net_revenue - case when follows_previous then previous_net_revenue else 0 end as change
    from successive

    union all

    select
        period_grain,
        period_number + 1 as period_number,
        segment_key,
        0 as first_orders,
        0 as orders,
        orders as previous_orders,
        -net_revenue as change
    from successive
    where not precedes_next
),

classed as (
    select
        *,
        case
            when first_orders > 0 then 'new'
            when orders > 0 and previous_orders = 0 then 'reactivated'
            when orders > 0 and change > 0 then 'expansion'
            when orders > 0 then 'contraction'
            when previous_orders > 0 then 'churned'
            else 'adjustment'
        end as change_class
    from changes
),

{% set signs = {
    "new": "", "reactivated": "", "expansion": "", "contraction": "-", "churned": "-", "adjustment": "",
} -%}

by_segment_key as (
    select
        {%- for change_class, sign in signs.items() %}
        sum(
            case when change_class = '{{ change_class }}' then {{ sign }}change else 0 end
        ) as {{ change_class }}_revenue,
        {%- endfor %}
        period_grain,
        period_number,
        segment_key
    from classed
    group by period_grain, period_number, segment_key
),

by_segment as (
    select
        by_segment_key.period_grain,
        periods.period_start,
        segments.segment_dimension,
        segments.segment_value,
        {%- for change_class in signs %}
        sum(by_segment_key.{{ change_class }}_revenue) as {{ change_class }}_revenue{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from by_segment_key
    inner join periods
        on
            by_segment_key.period_grain = periods.period_grain
            and by_segment_key.period_number = periods.period_number
    inner join segments
        on by_segment_key.segment_key = segments.segment_key
    group by 1, 2, 3, 4
),

period_totals as (
    select
        {{ retention.period_key() }},
        coalesce(lag(net_revenue) over ({{ segment_periods }}), 0) as previous_revenue,
        net_revenue as current_revenue
    from period_snapshots
),

bridged as (
    select
        period_totals.*,
        {%- for change_class in signs %}
        coalesce(by_segment.{{ change_class }}_revenue, 0) as {{ change_class }}_revenue{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from period_totals
    left join by_segment
        on
            period_totals.period_grain = by_segment.period_grain
            and period_totals.period_start = by_segment.period_start
            and period_totals.segment_dimension = by_segment.segment_dimension
            and period_totals.segment_value = by_segment.segment_value
),

final as (
    select
        {{ retention.period_key() }},
        cast(previous_revenue as {{ retention.type_money() }}) as previous_revenue,
        {%- for change_class in signs %}
        cast({{ change_class }}_revenue as {{ retention.type_money() }}) as {{ change_class }}_revenue,
        {%- endfor %}
        cast(current_revenue as {{ retention.type_money() }}) as current_revenue,
        {{ retention.metric_columns("net_revenue_retention") }},
        {{ retention.metric_columns("gross_revenue_retention") }}
    from bridged
)

select * from final
