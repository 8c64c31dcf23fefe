-- How recently, how often and for how much each customer bought, beside all others, and the named
-- segment that follows.

with

customer_totals as (
    select * from {{ ref("int_retention__customer_totals") }}
),

scored as (
    select
        customer_key,
        orders,
        {{ retention.rank_score("last_order_date") }} as recency_score,
        {{ retention.rank_score("orders") }} as frequency_score,
        {{ retention.rank_score("net_revenue") }} as monetary_score
    from customer_totals
),

final as (
    select
        customer_key,
        recency_score,
        frequency_score,
        monetary_score,
        case
            {%- for rfm_segment, rule in retention.rfm_segments().items() %}
            when {{ rule }} then '{{ rfm_segment }}'
            {%- endfor %}
        end as rfm_segment
    from scored
)

select * from final
