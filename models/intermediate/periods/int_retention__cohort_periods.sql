{{ config(
    materialized=retention.incremental(),
    incremental_strategy="delete+insert",
    unique_key=["period_grain", "period_start", "cohort_start", "segment_key"],
) }}

-- What the customers who started in the same period, and are alike in all segment attributes, did in each
-- period: every count and amount that periods, cohorts and the revenue bridge are made of. An incremental run
-- counts the customers who changed anew and takes off what they counted for before.

-- depends_on: {{ ref("int_retention__replaced_events") }}
-- depends_on: {{ ref("int_retention__customer_segments") }}

{%- set key = ["period_grain", "period_start", "cohort_start", "segment_key"] %}

{#- Sums over events, those over customers in a period, and those that count in the next period where the
    customer has no row there. #}
{%- set event_sums = {
    "orders": "orders",
    "first_orders": "case when order_number = 1 then orders else 0 end",
    "second_orders": "case when order_number = 2 then orders else 0 end",
    "gross_revenue": "gross_revenue",
    "discounts": "discounts",
    "refunds": "refunds",
    "net_revenue": "net_revenue",
    "total_revenue": "total_revenue",
    "later_net_revenue": "case when order_number > 1 then net_revenue else 0 end",
    "known_margin": "coalesce(margin, 0)",
    "unknown_margins": "case when margin is null then 1 else 0 end",
} %}
{%- set customer_sums = {
    "customer_periods": "1",
    "ordering_customers": "case when orders > 0 then 1 else 0 end",
    "repeat_customers": "case when orders > 1 then 1 else 0 end",
    "returning_customers": "case when orders > 0 and not holds_first_order then 1 else 0 end",
    "new_customers": "case when is_active and holds_first_order then 1 else 0 end",
    "reactivated_customers": "case when is_active and not holds_first_order and not was_active then 1 else 0 end",
    "lost_customers": "case when was_active and orders > 0 and not is_active then 1 else 0 end",
    "new_revenue": "case when change_class = 'new' then change else 0 end",
    "reactivated_revenue": "case when change_class = 'reactivated' then change else 0 end",
    "expansion_revenue": "case when change_class = 'expansion' then change else 0 end",
    "contraction_revenue": "case when change_class = 'contraction' then -change else 0 end",
    "churned_revenue": "case when change_class = 'churned' then -change else 0 end",
    "adjustment_revenue": "case when change_class = 'adjustment' then change else 0 end",
} %}
{%- set next_period_sums = {
    "churned_revenue": "case when orders > 0 and not precedes_next then net_revenue else 0 end",
    "adjustment_revenue": "case when orders = 0 and not precedes_next then -net_revenue else 0 end",
} %}
{%- set quantities = event_sums | list + customer_sums | list %}
{#- Where each part is from, the number of its period, its quantities, and what their names begin with. #}
{%- set parts = [] %}
{%- for grain in retention.period_grains() %}{%- do parts.extend([
    (grain, "amounts", "period_number", event_sums, ""),
    (grain, "cells", "period_number", customer_sums, ""),
    (grain, "cells", "period_number + 1", next_period_sums, "next_"),
    (grain, "cells", "lost_number", ["lost_customers"], "later_"),
]) %}{%- endfor %}
{%- set by_period = "partition by order_group order by period_number" %}
{%- set attributes = retention.attribute_columns() %}
{#- Cells of months are fewer than events. #}
{%- set made_of_months = ["quarter", "year"] if "month" in retention.period_grains() else [] %}

with

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

-- Customers as they were have the negative number, so that they are grouped apart, and are taken off. Without
-- attributes all customers have the one segment key, which saves looking it up.
revenue_events as {{ retention.not_materialized() }} (
    {%- set columns = [
        "revenue_date", "order_number", "first_order_date", "previous_order_date", "next_order_date", "orders",
        "gross_revenue", "discounts", "refunds", "net_revenue", "total_revenue", "margin",
    ] %}
    select
        events.order_group,
        {%- for column in columns %}
        events.{{ column }},
        {%- endfor %}
        {{ "customer_segments.segment_key" if attributes else "1 as segment_key" }},
        reporting_dates.as_of_date,
        1 as sign
    from {{ ref("int_retention__revenue_events") }} as events
    cross join reporting_dates
    {% if attributes -%}
    inner join {{ ref("int_retention__customer_segments") }} as customer_segments
        on events.order_group = customer_segments.order_group
    {% endif -%}
    where events.customer_key is not null and {{ retention.in_changed_groups("events.order_group") }}
    {%- if is_incremental() %}

    union all

    select
        -order_group as order_group,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        segment_key,
        as_of_date,
        -1 as sign
    from {{ ref("int_retention__replaced_events") }}
    {%- endif %}
),

{% for grain in retention.period_grains() -%}
{{ grain }}_amounts as (
    select
        {%- if grain in made_of_months %}
        {{ retention.period_number(grain, retention.period_of_number("month", "period_number")) }} as period_number,
        {{ retention.period_number(grain, retention.period_of_number("month", "cohort_number")) }} as cohort_number,
        {%- else %}
        {{ retention.period_number(grain, "revenue_date") }} as period_number,
        {{ retention.period_number(grain, "first_order_date") }} as cohort_number,
        {%- endif %}
        segment_key,
        sign,
        {%- for quantity, value in event_sums.items() %}
        sum({{ quantity if grain in made_of_months else value }}) as {{ quantity }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ "month_amounts" if grain in made_of_months else "revenue_events" }}
    group by 1, 2, 3, 4
),

customer_{{ grain }}s as (
    {{ retention.customer_periods(grain, "revenue_events", keys=["segment_key", "sign"]) }}
),

-- Beside the customer's row before and after, if they are of the very next period.
successive_{{ grain }}s as (
    select
        *,
        coalesce(lag(period_number) over ({{ by_period }}) = period_number - 1, false) as follows_previous,
        lag(orders) over ({{ by_period }}) as previous_orders,
        lag(net_revenue) over ({{ by_period }}) as previous_net_revenue,
        coalesce(lead(period_number) over ({{ by_period }}) = period_number + 1, false) as precedes_next
    from customer_{{ grain }}s
),

active_{{ grain }}s as (
    {{ retention.customer_activity(grain, "successive_" ~ grain ~ "s") }}
),

changed_{{ grain }}s as (
    select
        *,
        net_revenue - case when follows_previous then previous_net_revenue else 0 end as change,
        case
            when holds_first_order then 'new'
            when orders > 0 and (not follows_previous or previous_orders = 0) then 'reactivated'
            when orders > 0 and net_revenue > previous_net_revenue then 'expansion'
            when orders > 0 then 'contraction'
            when follows_previous and previous_orders > 0 then 'churned'
            else 'adjustment'
        end as change_class
    from active_{{ grain }}s
),

{{ grain }}_cells as (
    select
        period_number,
        cohort_number,
        segment_key,
        lost_number,
        sign,
        count(*) as later_lost_customers,
        {%- for quantity, value in next_period_sums.items() %}
        sum({{ value }}) as next_{{ quantity }},
        {%- endfor %}
        {%- for quantity, value in customer_sums.items() %}
        sum({{ value }}) as {{ quantity }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from changed_{{ grain }}s
    group by 1, 2, 3, 4, 5
),

{% endfor -%}

every_part as (
    {%- for grain, source, number, names, prefix in parts %}
    select
        '{{ grain }}' as period_grain,
        {{ retention.period_of_number(grain, number) }} as period_start,
        {{ retention.period_of_number(grain, "cohort_number") }} as cohort_start,
        segment_key,
        {%- for quantity in quantities %}
        {{ "sign * " ~ prefix ~ quantity if quantity in names else 0 }} as {{ quantity }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ grain }}_{{ source }}
    {%- if number == "lost_number" %}
    where lost_number is not null
    {%- endif %}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

{% if is_incremental() -%}
changed_cells as (
    select distinct {{ key | join(", ") }} from every_part
),

counted as (
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
        {%- for quantity in quantities %}
        {%- set is_money = quantity.endswith(("_revenue", "_margin")) or quantity in ["discounts", "refunds"] %}
        cast(sum({{ quantity }}) as {{ retention.type_money() if is_money else dbt.type_bigint() }}) as {{ quantity }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ "counted" if is_incremental() else "every_part" }}
    group by 1, 2, 3, 4
)

select * from final
