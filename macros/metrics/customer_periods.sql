{#- A query for what each customer bought and got back in each period of a grain in which they did either, of a
    relation with the columns of int_retention__revenue_events; `keys` are further columns of it to group by. The
    purchases before and after the period say what it meant to the customer: see `customer_activity`. -#}
{% macro customer_periods(grain, revenue_events, keys=[]) -%}
    select
        '{{ grain }}' as period_grain,
        period_start,
        {%- for key in ["order_group"] + keys %}
        {{ key }},
        {%- endfor %}
        count(case when orders > 0 then 1 end) as orders,
        {%- for amount in ["gross_revenue", "discounts", "refunds", "net_revenue"] %}
        sum({{ amount }}) as {{ amount }},
        {%- endfor %}
        min(case when previous_order_date < period_start then previous_order_date end) as previous_order_date,
        max(case when orders > 0 then revenue_date end) as last_order_date,
        max(
            case when next_order_date >= {{ retention.add_periods(grain, 1, "period_start") }} then next_order_date end
        ) as next_order_date
    from (
        select
            *,
            {{ retention.period_start(grain, "revenue_date") }} as period_start
        from {{ revenue_events }}
    ) as {{ grain }}_events
    group by period_start, {{ (["order_group"] + keys) | join(", ") }}
{%- endmacro %}


{#- The rows of `customer_periods` of a grain, with the first order date and the as-of date beside them, and what
    the period made of the customer:

    was_active         active at the close before the period
    is_active          active at its close, or at the as-of date in the running period
    lost_period_start  the later period in which the customer was lost, if no purchase came before
    end_period_start   the first period at whose close these purchases no longer decide; NULL while they do -#}
{% macro customer_activity(grain, customer_periods) -%}
    {%- set active_until = retention.active_until(grain, "last_order_date") -%}
    {%- set lapse_period_start = retention.period_start(grain, active_until) -%}
    {#- A purchase in the period of the lapse decides there, whether it came in time or not. -#}
    {%- set has_lapsed -%}
        {{ active_until }} <= as_of_date
        and coalesce(next_order_date >= {{ retention.next_period_start(grain, active_until) }}, true)
    {%- endset -%}
    {%- set next_period_start = retention.add_periods(grain, 1, "period_start") -%}
    select
        *,
        {{ next_period_start }} as next_period_start,
        {{ retention.period_start(grain, "first_order_date") }} as cohort_start,
        orders > 0 and first_order_date >= period_start as holds_first_order,
        coalesce({{ retention.active_until(grain, "previous_order_date") }} >= period_start, false) as was_active,
        coalesce({{ active_until }} >= {{ next_period_start }} or {{ active_until }} > as_of_date, false) as is_active,
        case
            when {{ active_until }} >= {{ next_period_start }} and {{ has_lapsed }} then {{ lapse_period_start }}
        end as lost_period_start,
        case
            when {{ has_lapsed }} then {{ lapse_period_start }}
            else {{ retention.period_start(grain, "next_order_date") }}
        end as end_period_start
    from {{ customer_periods }}
{%- endmacro %}
