-- What each customer bought and got back in each period in which they did either. The customer stays
-- active after the period's last purchase until it lapses or the next purchase takes its place.

with

revenue_events as (
    select * from {{ ref("int_retention__revenue_events") }}
    where customer_key is not null
),

{% for grain in retention.period_grains() -%}
customer_{{ grain }}s as (
    select
        '{{ grain }}' as period_grain,
        {{ retention.period_start(grain, "revenue_date") }} as period_start,
        customer_key,
        cast(sum(orders) as {{ dbt.type_bigint() }}) as orders,
        cast(sum(case when order_number = 1 then orders else 0 end) as {{ dbt.type_bigint() }}) as first_orders,
        cast(sum(case when order_number = 2 then orders else 0 end) as {{ dbt.type_bigint() }}) as second_orders,
        {%- for amount in ["gross_revenue", "discounts", "refunds", "net_revenue", "total_revenue"] %}
        cast(sum({{ amount }}) as {{ retention.type_amount() }}) as {{ amount }},
        {%- endfor %}
        cast(
            coalesce(sum(case when order_number > 1 then net_revenue end), 0) as {{ retention.type_amount() }}
        ) as later_net_revenue,
        cast({{ retention.sum_if_known("margin") }} as {{ retention.type_amount() }}) as margin,
        {% if retention.activity_window_is_period() -%}
        max(case when orders > 0 then {{ retention.next_period_start(grain, "revenue_date") }} end) as active_until
        {%- else -%}
        max(case when next_order_date <= lapse_date then next_order_date else lapse_date end) as active_until
        {%- endif %}
    from revenue_events
    group by 1, 2, 3
){%- if not loop.last %},{% endif %}

{% endfor %}

{% for grain in retention.period_grains() -%}
select * from customer_{{ grain }}s
{% if not loop.last -%}
union all
{% endif %}
{%- endfor %}
