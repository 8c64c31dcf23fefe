{#- A query for what each customer bought and was refunded in each period of one grain in which either happened, with
    their previous and next such period. The period of a lapse follows from the last order date and the activity
    window. -#}
{% macro customer_periods(grain, revenue_events) -%}
    select
        '{{ grain }}' as period_grain,
        period_number,
        {{ retention.period_number(grain, "first_order_date") }} as cohort_number,
        customer_number,
        orders,
        net_revenue,
        lag(period_number) over (partition by customer_number order by period_number) as previous_number,
        lag(orders) over (partition by customer_number order by period_number) as previous_orders,
        lag(net_revenue) over (partition by customer_number order by period_number) as previous_net_revenue,
        lead(period_number) over (partition by customer_number order by period_number) as following_number,
        {% if retention.has_own_windows() -%}
        {{ retention.period_number(grain, "previous_lapse_date") }} as previous_lapse_number,
        {{ retention.period_number(grain, "lapse_date") }} as lapse_number,
        {%- else -%}
        {{ retention.lapse_number(grain, "previous_order_date") }} as previous_lapse_number,
        {{ retention.lapse_number(grain, "last_order_date") }} as lapse_number,
        {%- endif %}
        coalesce({{ retention.period_number(grain, "next_order_date") }}, 0) as next_number,
        {% if retention.has_own_windows() -%}
        lapse_date <= as_of_date as has_lapsed
        {%- elif retention.activity_window_is_period() -%}
        {{ retention.lapse_number(grain, "last_order_date") }} <= {{ retention.period_number(grain, "as_of_date") }} as has_lapsed
        {%- else -%}
        {{ retention.lapse_date("last_order_date") }} <= as_of_date as has_lapsed
        {%- endif %}
    from (
        select
            {{ retention.period_number(grain, "revenue_date") }} as period_number,
            customer_number,
            min(first_order_date) as first_order_date,
            cast(sum(orders) as {{ dbt.type_int() }}) as orders,
            cast(sum(net_revenue) as {{ retention.type_amount() }}) as net_revenue,
            min(previous_order_date) as previous_order_date,
            max(case when orders > 0 then revenue_date end) as last_order_date,
            {%- if retention.has_own_windows() %}
            min(previous_lapse_date) as previous_lapse_date,
            max(lapse_date) as lapse_date,
            {%- endif %}
            max(next_order_date) as next_order_date
        from {{ revenue_events }}
        where customer_number is not null and {{ retention.is_built(grain) }}
        group by 1, 2
    ) as {{ grain }}s
    cross join reporting_dates
{%- endmacro %}


{#- The period in which a customer whose last order was on a date stops being active, unless they buy again. -#}
{% macro lapse_number(grain, order_date) -%}
    {%- if retention.activity_window_is_period() -%}
    {{ retention.period_number(grain, order_date) }} + 1
    {%- else -%}
    {{ retention.period_number(grain, retention.lapse_date(order_date)) }}
    {%- endif -%}
{%- endmacro %}
