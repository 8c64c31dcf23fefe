-- The lines of each order as one row: the order amounts that they provide where the order itself has none. A cost that
-- is unknown for one line is unknown for the order.

with

order_lines as (
    select * from {{ ref("stg_retention__order_lines") }}
    where order_id is not null
),

final as (
    select
        order_id as order_id_of_lines,
        cast(sum(amount) as {{ retention.type_amount() }}) as amount_of_lines,
        cast(sum(discount_amount) as {{ retention.type_amount() }}) as discount_amount_of_lines,
        case
            when count(cost_amount) = count(*) then cast(sum(cost_amount) as {{ retention.type_amount() }})
        end as cost_amount_of_lines,
        max(case when rejection_reason is not null then 1 else 0 end) = 1 as has_unusable_line
    from order_lines
    group by 1
)

select * from final
