{#- A query for what each customer bought and got back in each period of a grain in which they did either, of a
    relation with the columns of int_retention__revenue_events and the as-of date; `keys` are further columns of it.
    The purchases before and after the period are those next to it as long as it does not hold the first one or
    the last one. -#}
{% macro customer_periods(grain, revenue_events, keys) -%}
    {%- set keys = ["order_group", "first_order_date", "as_of_date"] + keys -%}
    select
        period_number,
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        count(case when orders > 0 then 1 end) as orders,
        {%- for amount in ["gross_revenue", "discounts", "refunds", "net_revenue"] %}
        cast(sum({{ amount }}) as {{ retention.type_amount() }}) as {{ amount }},
        {%- endfor %}
        min(previous_order_date) as previous_order_date,
        max(case when orders > 0 then revenue_date end) as last_order_date,
        max(next_order_date) as next_order_date
    from (
        select
            *,
            {{ retention.period_number(grain, "revenue_date") }} as period_number
        from {{ revenue_events }}
    ) as {{ grain }}_events
    group by period_number, {{ keys | join(", ") }}
{%- endmacro %}


{#- The rows of `customer_periods` of a grain, and what the period made of the customer:

    was_active   active at the close before the period
    is_active    active at its close, or at the as-of date in the running period
    lost_number  the later period in which the customer was lost, if no purchase came before
    end_number   the first period at whose close these purchases no longer decide; NULL while they do -#}
{% macro customer_activity(grain, customer_periods) -%}
    select
        *,
        cohort_number = period_number and orders > 0 as holds_first_order,
        cohort_number < period_number and coalesce(previous_lapse_number >= period_number, false) as was_active,
        orders > 0 and (lapse_number > period_number or not has_lapsed) as is_active,
        {#- A purchase in the period of the lapse decides there, whether it came in time or not. #}
        case
            when lapse_number > period_number and has_lapsed and (next_number <= period_number or next_number > lapse_number)
                then lapse_number
        end as lost_number,
        case
            when next_number > period_number and (next_number <= lapse_number or not has_lapsed) then next_number
            when has_lapsed then lapse_number
        end as end_number
    from (
        select
            *,
            {{ retention.period_number(grain, "first_order_date") }} as cohort_number,
            {{ retention.lapse_number(grain, "previous_order_date") }} as previous_lapse_number,
            {{ retention.lapse_number(grain, "last_order_date") }} as lapse_number,
            coalesce({{ retention.period_number(grain, "next_order_date") }}, 0) as next_number,
            {%- if retention.activity_window_is_period() %}
            {{ retention.lapse_number(grain, "last_order_date") }} <= {{ retention.period_number(grain, "as_of_date") }}
            {%- else %}
            {{ retention.lapse_date("last_order_date") }} <= as_of_date
            {%- endif %} as has_lapsed
        from {{ customer_periods }}
    ) as lapsing_{{ grain }}s
{%- endmacro %}


{#- The period in which a customer whose last order was on a date stops being active, unless they buy again. -#}
{% macro lapse_number(grain, order_date) -%}
    {%- if retention.activity_window_is_period() -%}
    {{ retention.period_number(grain, order_date) }} + 1
    {%- else -%}
    {{ retention.period_number(grain, retention.lapse_date(order_date)) }}
    {%- endif -%}
{%- endmacro %}
