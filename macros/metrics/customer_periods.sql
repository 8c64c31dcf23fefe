{#- A query for what each customer bought and got back in each period of one grain in which they did either, and when
    they bought before and after. Where a lapse falls follows from the last order date and the activity window. -#}
{% macro customer_periods(grain) -%}
    select
        '{{ grain }}' as period_grain,
        {{ retention.period_number(grain, "revenue_date") }} as period_number,
        {{ retention.period_number(grain, "first_order_date") }} as cohort_number,
        customer_number,
        sum(orders) as orders,
        sum(gross_revenue) as gross_revenue,
        sum(discounts) as discounts,
        sum(refunds) as refunds,
        sum(net_revenue) as net_revenue,
        {{ retention.lapse_number(grain, "min(previous_order_date)") }} as previous_lapse_number,
        {{ retention.lapse_number(grain, "max(case when orders > 0 then revenue_date end)") }} as lapse_number,
        coalesce({{ retention.period_number(grain, "max(next_order_date)") }}, 0) as next_number,
        {% if retention.activity_window_is_period() -%}
        {{ retention.lapse_number(grain, "max(case when orders > 0 then revenue_date end)") }}
        <= {{ retention.period_number(grain, "max(as_of_date)") }} as has_lapsed
        {%- else -%}
        {{ retention.lapse_date("max(case when orders > 0 then revenue_date end)") }} <= max(as_of_date) as has_lapsed
        {%- endif %}
    from revenue_events
    where {{ retention.is_built(grain) }}
    group by 1, 2, 3, 4
{%- endmacro %}


{#- The period in which a customer whose last order was on a date stops being active, unless they buy again. -#}
{% macro lapse_number(grain, order_date) -%}
    {%- if retention.activity_window_is_period() -%}
    {{ retention.period_number(grain, order_date) }} + 1
    {%- else -%}
    {{ retention.period_number(grain, retention.lapse_date(order_date)) }}
    {%- endif -%}
{%- endmacro %}
