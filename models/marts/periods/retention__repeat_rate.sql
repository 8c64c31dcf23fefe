with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

final as (
    select
        {{ retention.period_key() }},
        ordering_customers,
        repeat_customers,
        returning_customers,
        cumulative_customers,
        cumulative_repeat_customers,
        net_revenue,
        later_net_revenue,
        {{ retention.metric_columns_of("retention__repeat_rate") }}
    from period_snapshots
)

select * from final
