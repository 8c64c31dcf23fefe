-- What existing customers are expected to buy, by month, and how the same forecast did in the hold-out.

with

months as (
    {{ retention.clv_results("month") | indent(4) }}
),

final as (
    select
        month_start,
        is_holdout = 1 as is_holdout,
        {%- for total in ["orders", "buyers"] %}
        expected_{{ total }},
        expected_{{ total }}_low,
        expected_{{ total }}_high,
        {%- endfor %}
        cast(expected_revenue as {{ retention.type_money() }}) as expected_revenue,
        cast(expected_revenue_low as {{ retention.type_money() }}) as expected_revenue_low,
        cast(expected_revenue_high as {{ retention.type_money() }}) as expected_revenue_high,
        cast(actual_orders as {{ dbt.type_bigint() }}) as actual_orders,
        cast(actual_buyers as {{ dbt.type_bigint() }}) as actual_buyers,
        cast(actual_revenue as {{ retention.type_money() }}) as actual_revenue
    from months
)

select * from final
