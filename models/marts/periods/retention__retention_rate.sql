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
        {{ retention.metric_columns_of("retention__retention_rate") }}
    from period_snapshots
)

select * from final
