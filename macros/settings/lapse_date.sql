{#- The first day on which a customer whose last order was on a date is no longer active. Where the
    window is the period itself, the shortest grain in use decides for the customer as a whole. -#}
{% macro lapse_date(order_date) -%}
    {%- if retention.activity_window_is_period() -%}
    {{ retention.next_period_start(retention.shortest_grain(), order_date) }}
    {%- else -%}
    {{ retention.add_days(retention.activity_window_days(), order_date) }}
    {%- endif -%}
{%- endmacro %}


{#- Did the next purchase come before the customer was lost? Where the window is the period, any day of
    the period that starts with the lapse date is in time. -#}
{% macro bought_in_time(next_order_date, lapse_date) -%}
    {%- if retention.activity_window_is_period() -%}
    coalesce({{ next_order_date }} < {{ retention.next_period_start(retention.shortest_grain(), lapse_date) }}, false)
    {%- else -%}
    coalesce({{ next_order_date }} <= {{ lapse_date }}, false)
    {%- endif -%}
{%- endmacro %}
