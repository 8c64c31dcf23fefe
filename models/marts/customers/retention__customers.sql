{{ config(pre_hook="{{ retention.declare_segment_columns(model) }}") }}

-- One row per person with at least one purchase, as of the as-of date.

with

customer_totals as (
    select * from {{ ref("int_retention__customer_totals") }}
),

rfm_scores as (
    select * from {{ ref("int_retention__rfm_scores") }}
),

customer_predictions as (
    select * from {{ ref("int_retention__customer_predictions") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

final as (
    select
        customer_totals.customer_key,
        {%- for dimension in retention.segment_columns() %}
        customer_segments.{{ retention.attribute_columns()[loop.index0] }} as {{ retention.quoted(dimension) }},
        {%- endfor %}
        customer_totals.first_order_date,
        customer_totals.last_order_date,
        cast(customer_totals.orders as {{ dbt.type_bigint() }}) as orders,
        cast(customer_totals.net_revenue as {{ retention.type_amount() }}) as net_revenue,
        cast(customer_totals.net_revenue as {{ retention.type_amount() }}) as historical_clv,
        rfm_scores.lapse_date,
        rfm_scores.status,
        customer_totals.orders > 1 as is_repeat_customer,
        rfm_scores.recency_score,
        rfm_scores.frequency_score,
        rfm_scores.monetary_score,
        rfm_scores.rfm_segment,
        customer_predictions.probability_alive,
        customer_predictions.expected_purchases,
        customer_predictions.expected_order_value,
        customer_predictions.predicted_clv,
        customer_predictions.value_at_risk,
        customer_predictions.probability_of_purchase,
        customer_predictions.expected_next_order_date,
        customer_predictions.churn_risk,
        customer_totals.margin as historical_margin,
        customer_totals.contribution_margin_1,
        customer_totals.margin as contribution_margin_2
    from customer_totals
    inner join rfm_scores
        on customer_totals.customer_key = rfm_scores.customer_key
    inner join customer_predictions
        on customer_totals.customer_key = customer_predictions.customer_key
    inner join customer_segments
        on customer_totals.customer_key = customer_segments.customer_key
)

select * from final
