-- The events of the customers who changed, as the last run left them: what they counted for then is taken off
-- before they are counted anew. Empty where everything is built anew.

with

changed_groups as (
    select order_group from {{ ref("int_retention__order_groups") }}
    where is_changed
),

{% if retention.continues_last_run() -%}
final as (
    select
        events.*,
        customer_segments.segment_key,
        last_run.previous_as_of_date as as_of_date
    from {{ retention.of_last_run("int_retention__revenue_events") }} as events
    inner join changed_groups
        on events.order_group = changed_groups.order_group
    inner join {{ retention.of_last_run("int_retention__customer_segments") }} as customer_segments
        on events.order_group = customer_segments.order_group
    cross join {{ retention.last_run_relation() }} as last_run
    where events.customer_key is not null
)
{%- else -%}
final as (
    select * from changed_groups
    where 1 = 0
)
{%- endif %}

select * from final
