with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

final as (
    select
        {{ retention.period_key() }},
        retained_customers,
        lost_customers,
        new_customers,
        reactivated_customers,
        opening_customers,
        closing_customers,
        acquired_customers,
        {{ retention.metric_columns("retention_rate") }},
        {{ retention.metric_columns("retention_rate_net_of_new") }},
        {{ retention.metric_columns("retention_rate_simple") }},
        {{ retention.metric_columns("quick_ratio") }}
    from period_snapshots
)

select * from final
