with

activity_runs as (
    select * from {{ ref("int_retention__activity_runs") }}
),

gains as (
    select
        period_grain,
        first_period_start as period_start,
        customer_key,
        case when holds_first_purchase then 'new' else 'reactivated' end as movement
    from activity_runs
    where is_gain
),

losses as (
    select
        period_grain,
        end_period_start as period_start,
        customer_key,
        'lost' as movement
    from activity_runs
    where is_loss
),

final as (
    select * from gains
    union all
    select * from losses
)

select * from final
