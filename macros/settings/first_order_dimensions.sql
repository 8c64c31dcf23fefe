{#- Segment dimensions that follow from a customer's first order and need no column: the expression of each. The value band
    is by rank, so that equal values share one; the day of the week counts from 1900-01-01, a Monday. -#}
{% macro first_order_dimensions() %}
    {% set value = "orders.gross_revenue - orders.discounts" %}
    {% set weekday = "mod(cast(" ~ dbt.datediff("cast('1900-01-01' as date)", "orders.order_date", "day") ~ " as integer), 7)" %}
    {{ return({
        "first_order_month": retention.year_month("orders.order_date"),
        "first_order_discounted": "case when orders.discounts > 0 then 'discounted' else 'full price' end",
        "first_order_value_band": "case cast(floor(4.0 * (rank() over (order by " ~ value ~ ") - 1) / count(*) over ()) as integer)"
            ~ " when 0 then '1 lowest quarter' when 1 then '2 second quarter' when 2 then '3 third quarter'"
            ~ " else '4 highest quarter' end",
        "first_order_weekday": "case " ~ weekday ~ " when 0 then '1 Monday' when 1 then '2 Tuesday' when 2 then '3 Wednesday'"
            ~ " when 3 then '4 Thursday' when 4 then '5 Friday' when 5 then '6 Saturday' else '7 Sunday' end",
    }) }}
{% endmacro %}
