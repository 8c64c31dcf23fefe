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

{#- Sums over events, those over customers in a period, and those that count in the next period where the
    customer has no row there. The sign is -1 where something is taken off, so 1 where everything is new. #}
{%- set sign = "sign" if is_incremental() else "1" %}
{%- set event_sums = {
    "orders": sign ~ " * orders",
    "first_orders": "case when order_number = 1 then " ~ sign ~ " * orders else 0 end",
    "second_orders": "case when order_number = 2 then " ~ sign ~ " * orders else 0 end",
    "gross_revenue": sign ~ " * gross_revenue",
    "discounts": sign ~ " * discounts",
    "refunds": sign ~ " * refunds",
    "net_revenue": sign ~ " * net_revenue",
    "total_revenue": sign ~ " * total_revenue",
    "later_net_revenue": "case when order_number > 1 then " ~ sign ~ " * net_revenue else 0 end",
    "known_margin": sign ~ " * coalesce(margin, 0)",
    "unknown_margins": "case when margin is null then " ~ sign ~ " else 0 end",
} %}
{%- set customer_sums = {
    "customer_periods": sign,
    "ordering_customers": "case when orders > 0 then " ~ sign ~ " else 0 end",
    "repeat_customers": "case when orders > 1 then " ~ sign ~ " else 0 end",
    "returning_customers": "case when orders > 0 and not holds_first_order then " ~ sign ~ " else 0 end",
    "new_customers": "case when is_active and holds_first_order then " ~ sign ~ " else 0 end",
    "reactivated_customers": "case when is_active and not holds_first_order and not was_active then " ~ sign ~ " else 0 end",
    "lost_customers": "case when was_active and orders > 0 and not is_active then " ~ sign ~ " else 0 end",
    "new_revenue": "case when change_class = 'new' then " ~ sign ~ " * change else 0 end",
    "reactivated_revenue": "case when change_class = 'reactivated' then " ~ sign ~ " * change else 0 end",
    "expansion_revenue": "case when change_class = 'expansion' then " ~ sign ~ " * change else 0 end",
    "contraction_revenue": "case when change_class = 'contraction' then -" ~ sign ~ " * change else 0 end",
    "churned_revenue": "case when change_class = 'churned' then -" ~ sign ~ " * change else 0 end",
    "adjustment_revenue": "case when change_class = 'adjustment' then " ~ sign ~ " * change else 0 end",
} %}
{%- set next_period_sums = {
    "churned_revenue": "case when orders > 0 and not precedes_next then " ~ sign ~ " * net_revenue else 0 end",
    "adjustment_revenue": "case when orders = 0 and not precedes_next then -" ~ sign ~ " * net_revenue else 0 end",
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

with

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
    where customer_key is not null and {{ retention.in_changed_groups() }}
),

-- Customers as they were have the negative number, so that they are grouped apart.
customers as (
    select
        customer_segments.order_group,
        customer_segments.first_order_date,
        customer_segments.segment_key,
        reporting_dates.as_of_date,
        1 as sign
    from customer_segments
    cross join reporting_dates
    {%- if is_incremental() %}

    union all

    select distinct
        -order_group as order_group,
        first_order_date,
        segment_key,
        as_of_date,
        -1 as sign
    from {{ ref("int_retention__replaced_events") }}
    {%- endif %}
),

revenue_events as {{ retention.not_materialized() }} (
    {%- set columns = [
        "revenue_date", "order_number", "previous_order_date", "next_order_date", "orders", "gross_revenue", "discounts",
        "refunds", "net_revenue", "total_revenue", "margin",
    ] %}
    select
        order_group,
        {{ columns | join(",\n        ") }}
    from {{ ref("int_retention__revenue_events") }}
    where customer_key is not null and {{ retention.in_changed_groups() }}
    {%- if is_incremental() %}

    union all

    select
        -order_group as order_group,
        {{ columns | join(",\n        ") }}
    from {{ ref("int_retention__replaced_events") }}
    {%- endif %}
),

{% for grain in retention.period_grains() -%}
{{ grain }}_amounts as (
    select
        {{ retention.period_number(grain, "revenue_events.revenue_date") }} as period_number,
        {{ retention.period_number(grain, "customers.first_order_date") }} as cohort_number,
        customers.segment_key,
        {%- for quantity, value in event_sums.items() %}
        sum({{ value }}) as {{ quantity }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from revenue_events
    inner join customers
        on revenue_events.order_group = customers.order_group
    group by 1, 2, 3
),

customer_{{ grain }}s as (
    {{ retention.customer_periods(grain, "revenue_events") }}
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

known_{{ grain }}s as (
    select
        successive_{{ grain }}s.*,
        customers.first_order_date,
        customers.segment_key,
        customers.as_of_date,
        customers.sign
    from successive_{{ grain }}s
    inner join customers
        on successive_{{ grain }}s.order_group = customers.order_group
),

active_{{ grain }}s as (
    {{ retention.customer_activity(grain, "known_" ~ grain ~ "s") }}
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
        sum({{ sign }}) as later_lost_customers,
        {%- for quantity, value in next_period_sums.items() %}
        sum({{ value }}) as next_{{ quantity }},
        {%- endfor %}
        {%- for quantity, value in customer_sums.items() %}
        sum({{ value }}) as {{ quantity }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from changed_{{ grain }}s
    group by 1, 2, 3, 4
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
        {{ prefix ~ quantity if quantity in names else 0 }} as {{ quantity }}{%- if not loop.last %},{% endif %}
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
