{#- Segment dimensions derived from a customer's first order, which need no column: the expression of each. -#}
{% macro first_order_dimensions() %}
    {{ return({
        "first_order_month": retention.year_month("orders.order_date"),
        "first_order_discounted": retention.discounted_name("orders.discounts > 0"),
        "first_order_value_band": retention.value_band_name(retention.value_band("orders")),
        "first_order_weekday": retention.weekday_name("orders.order_date"),
    }) }}
{% endmacro %}


{#- Those that retention__repurchase_windows has even if segment_columns does not name them, from columns that are
    faster to group by than text. The first month is the cohort there. -#}
{% macro dimensions_of_windows() %}
    {% set dimensions = {
        "first_order_discounted": retention.discounted_name("is_discounted"),
        "first_order_value_band": retention.value_band_name("value_band"),
        "first_order_weekday": retention.weekday_name("first_order_date"),
    } %}
    {% for named in retention.segment_columns() %}
        {% do dimensions.pop(named | lower, none) %}
    {% endfor %}
    {{ return(dimensions) }}
{% endmacro %}


{#- The quartile of an order's value among all first orders, from 0; by rank, so equal values share one. -#}
{% macro value_band(orders) -%}
    cast(floor(4.0 * (rank() over (order by {{ orders }}.gross_revenue - {{ orders }}.discounts) - 1) / count(*) over ()) as integer)
{%- endmacro %}


{% macro value_band_name(value_band) -%}
    case {{ value_band }}
        when 0 then '1 lowest quarter' when 1 then '2 second quarter' when 2 then '3 third quarter' else '4 highest quarter'
    end
{%- endmacro %}


{% macro discounted_name(is_discounted) -%}
    case when {{ is_discounted }} then 'discounted' else 'full price' end
{%- endmacro %}


{#- The day of the week, counted from 1900-01-01, a Monday. -#}
{% macro weekday_name(day) -%}
    case mod(cast({{ retention.days_between("cast('1900-01-01' as date)", day) }} as integer), 7)
        when 0 then '1 Monday' when 1 then '2 Tuesday' when 2 then '3 Wednesday' when 3 then '4 Thursday'
        when 4 then '5 Friday' when 5 then '6 Saturday' else '7 Sunday'
    end
{%- endmacro %}
