{{ config(
    materialized=retention.incremental(),
    incremental_strategy="delete+insert",
    unique_key=["period_grain", "period_start", "cohort_start", "segment_key"],
) }}

-- What the customers who started in the same period, and are alike in all segment attributes, did in each
-- period: every count and amount that periods, cohorts and the revenue bridge are made of. An incremental run
-- counts the customers who changed anew and takes off what they counted for before.

-- depends_on: {{ ref("int_retention__replaced_events") }}

{%- set key = ["period_grain", "period_start", "cohort_start", "segment_key"] %}

{#- Amounts are sums over events. `sign` is -1 where something is taken off. #}
{%- set amounts = {
    "orders": "sign * orders",
    "first_orders": "case when order_number = 1 then sign * orders else 0 end",
    "second_orders": "case when order_number = 2 then sign * orders else 0 end",
    "gross_revenue": "sign * gross_revenue",
    "discounts": "sign * discounts",
    "refunds": "sign * refunds",
    "net_revenue": "sign * net_revenue",
    "total_revenue": "sign * total_revenue",
    "later_net_revenue": "case when order_number > 1 then sign * net_revenue else 0 end",
    "known_margin": "sign * coalesce(margin, 0)",
    "unknown_margins": "case when margin is null then sign else 0 end",
} %}

{#- Counts are of customers in a period, those of changes in revenue are sums of them by class. #}
{%- set in_period = "case when place = 'period' and " %}
{%- set counts = {
    "customer_periods": in_period ~ "1 = 1 then sign else 0 end",
    "ordering_customers": in_period ~ "orders > 0 then sign else 0 end",
    "repeat_customers": in_period ~ "orders > 1 then sign else 0 end",
    "returning_customers": in_period ~ "orders > 0 and first_orders = 0 then sign else 0 end",
    "new_customers": in_period ~ "is_active and first_orders > 0 then sign else 0 end",
    "reactivated_customers": in_period ~ "is_active and first_orders = 0 and not was_active then sign else 0 end",
    "lost_customers":
        "case when place = 'lapse' or (place = 'period' and was_active and not is_active) then sign else 0 end",
} %}
{%- for change_class, sign in {
    "new": "", "reactivated": "", "expansion": "", "contraction": "-", "churned": "-", "adjustment": "",
}.items() %}
    {%- do counts.update({
        change_class ~ "_revenue": "case when change_class = '" ~ change_class ~ "' then " ~ sign ~ "sign * change else 0 end",
    }) %}
{%- endfor %}

{%- set by_period = "partition by period_grain, order_group, sign order by period_start" %}

with

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
    where customer_key is not null
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

-- Several steps read the events, each a few of their columns.
revenue_events as {{ retention.not_materialized() }} (
    select
        revenue_events.*,
        customer_segments.segment_key,
        reporting_dates.as_of_date,
        1 as sign
    from {{ ref("int_retention__revenue_events") }} as revenue_events
    inner join customer_segments
        on revenue_events.order_group = customer_segments.order_group
    cross join reporting_dates
    where {{ retention.in_changed_groups("revenue_events.order_group") }}
    {%- if is_incremental() %}

    union all

    select
        *,
        -1 as sign
    from {{ ref("int_retention__replaced_events") }}
    {%- endif %}
),

{% for grain in retention.period_grains() -%}
{{ grain }}_amounts as (
    select
        '{{ grain }}' as period_grain,
        {{ retention.period_start(grain, "revenue_date") }} as period_start,
        {{ retention.period_start(grain, "first_order_date") }} as cohort_start,
        segment_key,
        {%- for amount, value in amounts.items() %}
        sum({{ value }}) as {{ amount }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from revenue_events
    group by 1, 2, 3, 4
),

{% endfor -%}

customer_periods as (
    {{ retention.customer_periods("revenue_events", keys=["segment_key", "sign"]) }}
),

successive as (
    select
        *,
        coalesce(lag(next_period_start) over ({{ by_period }}) = period_start, false) as follows_previous,
        lag(orders) over ({{ by_period }}) as previous_orders,
        lag(net_revenue) over ({{ by_period }}) as previous_net_revenue,
        coalesce(lead(period_start) over ({{ by_period }}) = next_period_start, false) as precedes_next
    from customer_periods
),

-- A customer's period counts in itself, in the next one if the customer has no row there, and where they were
-- lost later on.
places as (
    select 'period' as place
    union all
    select 'next period' as place
    union all
    select 'lapse' as place
),

placed as (
    select
        successive.period_grain,
        case places.place
            when 'period' then successive.period_start
            when 'next period' then successive.next_period_start
            else successive.lost_period_start
        end as period_start,
        successive.cohort_start,
        successive.segment_key,
        successive.sign,
        places.place,
        successive.orders,
        successive.first_orders,
        successive.was_active,
        successive.is_active,
        case when successive.follows_previous then successive.previous_orders else 0 end as previous_orders,
        case places.place
            when 'period'
                then
                    successive.net_revenue
                    - case when successive.follows_previous then successive.previous_net_revenue else 0 end
            when 'next period' then -successive.net_revenue
            else 0
        end as change
    from successive
    cross join places
    where
        places.place = 'period'
        or (places.place = 'next period' and not successive.precedes_next)
        or (places.place = 'lapse' and successive.lost_period_start is not null)
),

classed as (
    select
        *,
        case
            when place = 'lapse' then 'none'
            when place = 'next period' and orders > 0 then 'churned'
            when place = 'next period' then 'adjustment'
            when first_orders > 0 then 'new'
            when orders > 0 and previous_orders = 0 then 'reactivated'
            when orders > 0 and change > 0 then 'expansion'
            when orders > 0 then 'contraction'
            when previous_orders > 0 then 'churned'
            else 'adjustment'
        end as change_class
    from placed
),

period_counts as (
    select
        {{ key | join(",\n        ") }},
        {%- for count, value in counts.items() %}
        sum({{ value }}) as {{ count }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from classed
    group by 1, 2, 3, 4
),

every_part as (
    {%- for grain in retention.period_grains() %}
    select
        {{ (key + amounts | list) | join(",\n        ") }},
        {%- for count in counts %}
        0 as {{ count }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ grain }}_amounts

    union all
    {% endfor %}
    select
        {{ key | join(",\n        ") }},
        {%- for amount in amounts %}
        0 as {{ amount }},
        {%- endfor %}
        {{ counts | join(",\n        ") }}
    from period_counts
),

{% if is_incremental() -%}
changed_cells as (
    select distinct {{ key | join(", ") }} from every_part
),

every_part_and_last_run as (
    select * from every_part

    union all

    select known_cells.*
    from {{ this }} as known_cells
    inner join changed_cells
        on
            known_cells.period_grain = changed_cells.period_grain
            and known_cells.period_start = changed_cells.period_start
            and known_cells.cohort_start = changed_cells.cohort_start
            and known_cells.segment_key = changed_cells.segment_key
),

{% endif -%}
final as (
    select
        {{ key | join(",\n        ") }},
        {%- for quantity in amounts | list + counts | list %}
        {%- set is_money = quantity.endswith(("revenue", "margin", "discounts", "refunds")) %}
        cast(sum({{ quantity }}) as {{ retention.type_money() if is_money else dbt.type_bigint() }}) as {{ quantity }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ "every_part_and_last_run" if is_incremental() else "every_part" }}
    group by 1, 2, 3, 4
)

select * from final
