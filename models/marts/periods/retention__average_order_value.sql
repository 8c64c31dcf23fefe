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
        {{ retention.metric_columns("average_order_value") }},
        {{ retention.metric_columns("average_order_value_gross") }},
        {{ retention.metric_columns("average_order_value_total") }}
    from period_snapshots
)

select * from final
