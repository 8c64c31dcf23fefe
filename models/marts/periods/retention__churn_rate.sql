with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

final as (
    select
        {{ retention.period_key() }},
        lost_customers,
        opening_customers,
        {{ retention.metric_columns("churn_rate") }}
    from period_snapshots
)

select * from final
