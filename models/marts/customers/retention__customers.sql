{{ config(pre_hook="{{ retention.declare_segment_columns(model) }}") }}

-- One row a person with at least one purchase, as things stand on the as-of date.

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

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

lapsing as (
    select
        *,
        {{ retention.lapse_date("last_order_date") }} as lapse_date
    from customer_totals
),

final as (
    select
        lapsing.customer_key,
        {%- for dimension in retention.segment_columns() %}
        customer_segments.{{ retention.attribute_columns()[loop.index0] }} as {{ retention.quoted(dimension) }},
        {%- endfor %}
        lapsing.first_order_date,
        lapsing.last_order_date,
        cast(lapsing.orders as {{ dbt.type_bigint() }}) as orders,
        cast(lapsing.net_revenue as {{ retention.type_amount() }}) as net_revenue,
        cast(lapsing.net_revenue as {{ retention.type_amount() }}) as historical_clv,
        lapsing.lapse_date,
        case when lapsing.lapse_date > reporting_dates.as_of_date then 'active' else 'lapsed' end as status,
        lapsing.orders > 1 as is_repeat_customer,
        rfm_scores.recency_score,
        rfm_scores.frequency_score,
        rfm_scores.monetary_score,
        rfm_scores.rfm_segment,
        customer_predictions.probability_alive,
        customer_predictions.expected_purchases,
        customer_predictions.expected_order_value,
        customer_predictions.predicted_clv,
        customer_predictions.value_at_risk,
        lapsing.margin as historical_margin
    from lapsing
    inner join rfm_scores
        on lapsing.customer_key = rfm_scores.customer_key
    inner join customer_predictions
        on lapsing.customer_key = customer_predictions.customer_key
    inner join customer_segments
        on lapsing.customer_key = customer_segments.customer_key
    cross join reporting_dates
)

select * from final
