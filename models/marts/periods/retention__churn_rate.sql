with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
),

final as (
    select
        {{ retention.period_key() }},
        lost_customers,
        opening_customers,
        {{ retention.metric_columns_of("retention__churn_rate") }}
    from period_snapshots
)

select * from final
