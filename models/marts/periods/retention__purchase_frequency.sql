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
        {{ retention.metric_columns_of("retention__purchase_frequency") }}
    from period_snapshots
)

select * from final
