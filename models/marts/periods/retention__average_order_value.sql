with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

final as (
    select
        {{ retention.period_key() }},
        orders,
        gross_revenue,
        net_revenue,
        total_revenue,
        {{ retention.metric_columns_of("retention__average_order_value") }}
    from period_snapshots
)

select * from final
