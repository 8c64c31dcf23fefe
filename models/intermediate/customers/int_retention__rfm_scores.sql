-- How recently, how often and for how much each customer bought compared with all others, and the
-- named segment derived from that and from whether the customer is still active.

with

customer_totals as (
    select * from {{ ref("int_retention__customer_totals") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

scored as (
    select
        customer_key,
        orders,
        {{ "lapse_date" if retention.has_own_windows() else retention.lapse_date("last_order_date") ~ " as lapse_date" }},
        {{ retention.rank_score("last_order_date") }} as recency_score,
        {{ retention.rank_score("orders") }} as frequency_score,
        {{ retention.rank_score("net_revenue") }} as monetary_score
    from customer_totals
),

standing as (
    select
        scored.*,
        case when scored.lapse_date > reporting_dates.as_of_date then 'active' else 'lapsed' end as status
    from scored
    cross join reporting_dates
),

final as (
    select
        customer_key,
        lapse_date,
        status,
        recency_score,
        frequency_score,
        monetary_score,
        case
            {%- for rfm_segment, rule in retention.rfm_segments().items() %}
            when {{ rule }} then '{{ rfm_segment }}'
            {%- endfor %}
        end as rfm_segment
    from standing
)

select * from final
