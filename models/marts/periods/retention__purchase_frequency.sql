with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

final as (
    select
        {{ retention.period_key() }},
        orders,
        ordering_customers,
        net_revenue,
        {{ retention.metric_columns("purchase_frequency") }},
        {{ retention.metric_columns("customer_value") }}
    from period_snapshots
)

select * from final
