{{ config(materialized="view") }}

-- What each customer bought and got back in each period in which they did either, and what that made of them. A
-- view: whoever asks for some periods or some customers waits for these only.

with

revenue_events as {{ retention.not_materialized() }} (
    select
        revenue_events.*,
        reporting_dates.as_of_date
    from {{ ref("int_retention__revenue_events") }} as revenue_events
    cross join {{ ref("int_retention__reporting_dates") }} as reporting_dates
    where revenue_events.customer_key is not null
),

final as (
    {{ retention.customer_periods("revenue_events", keys=["customer_key"]) }}
)

select * from final
