{#- The first day on which a customer whose last order was on a date is no longer active. With the
    window `period`, the shortest grain in use decides for the customer as a whole. -#}
{% macro lapse_date(order_date) -%}
    {%- if retention.activity_window_is_period() -%}
    {{ retention.next_period_start(retention.shortest_grain(), order_date) }}
    {%- else -%}
    {{ retention.add_days(retention.activity_window_days(), order_date) }}
    {%- endif -%}
{%- endmacro %}


{#- Whether a column says for how many days a purchase keeps its customer active, such as a year for a yearly
    subscription. -#}
{% macro has_own_windows() %}
    {{ return(var("activity_window_column") not in ["", none] and not retention.uses_demo_shop()) }}
{% endmacro %}


{#- The days for which a purchase keeps its customer active: those of the order, else of the customer, else the
    setting. -#}
{% macro own_window(of_order, of_customer) -%}
    coalesce({{ retention.window_in(of_order) }}, {{ retention.window_in(of_customer) }}, {{ retention.activity_window_days() }})
{%- endmacro %}


{#- Days from a text with a whole number above 0, NULL for others. A hundred years means for life. -#}
{% macro window_in(text) -%}
    case when {{ retention.matches_pattern(text, "^0*[1-9][0-9]{0,8}([.]0*)?$") }}
        then cast(least({{ retention.try_cast(text, "decimal(18, 0)") }}, 36500) as {{ dbt.type_int() }}) end
{%- endmacro %}


{#- Whether the next purchase came before the customer was lost. With the window `period`, any day of the period that
    starts on the lapse date is in time. -#}
{% macro bought_in_time(next_order_date, lapse_date) -%}
    {%- if retention.activity_window_is_period() -%}
    coalesce({{ next_order_date }} < {{ retention.next_period_start(retention.shortest_grain(), lapse_date) }}, false)
    {%- else -%}
    coalesce({{ next_order_date }} <= {{ lapse_date }}, false)
    {%- endif -%}
{%- endmacro %}
