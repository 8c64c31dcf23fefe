{#- A query for what each customer bought and got back in each period in which they did either, and what that
    made of them: were they active before and at its close, and in which later period were they lost if they
    did not buy again? The purchases before and after the period tell, so that no periods are compared.

    `revenue_events` has the columns of int_retention__revenue_events and the as-of date; `keys` are further
    columns of it to group by. -#}
{% macro customer_periods(revenue_events, keys=[]) %}
    {%- set keys = ["order_group", "first_order_date", "as_of_date"] + keys %}
    {%- for grain in retention.period_grains() %}
    {%- set active_until = retention.active_until(grain, "last_order_date") %}
    {%- set lapse_period_start = retention.period_start(grain, active_until) %}
    {#- A purchase in the period of the lapse decides there, whether it came in time or not. #}
    {%- set has_lapsed %}
        {{ active_until }} <= as_of_date
        and coalesce(next_order_date >= {{ retention.next_period_start(grain, active_until) }}, true)
    {%- endset %}
    select
        '{{ grain }}' as period_grain,
        *,
        {{ retention.period_start(grain, "first_order_date") }} as cohort_start,
        coalesce({{ retention.active_until(grain, "previous_order_date") }} >= period_start, false) as was_active,
        coalesce({{ active_until }} >= next_period_start or {{ active_until }} > as_of_date, false) as is_active,
        case
            when {{ active_until }} >= next_period_start and {{ has_lapsed }}
                then {{ lapse_period_start }}
        end as lost_period_start,
        case
            when {{ has_lapsed }} then {{ lapse_period_start }}
            else {{ retention.period_start(grain, "next_order_date") }}
        end as end_period_start
    from (
        select
            period_start,
            next_period_start,
            {{ keys | join(",\n            ") }},
            cast(sum(orders) as {{ dbt.type_bigint() }}) as orders,
            cast(sum(case when order_number = 1 then orders else 0 end) as {{ dbt.type_bigint() }}) as first_orders,
            {%- for amount in ["gross_revenue", "discounts", "refunds", "net_revenue"] %}
            cast(sum({{ amount }}) as {{ retention.type_amount() }}) as {{ amount }},
            {%- endfor %}
            min(case when previous_order_date < period_start then previous_order_date end) as previous_order_date,
            max(case when orders > 0 then revenue_date end) as last_order_date,
            max(case when next_order_date >= next_period_start then next_order_date end) as next_order_date
        from (
            select
                *,
                {{ retention.period_start(grain, "revenue_date") }} as period_start,
                {{ retention.next_period_start(grain, "revenue_date") }} as next_period_start
            from {{ revenue_events }}
        ) as {{ grain }}_events
        group by period_start, next_period_start, {{ keys | join(", ") }}
    ) as customer_{{ grain }}s
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
{% endmacro %}
