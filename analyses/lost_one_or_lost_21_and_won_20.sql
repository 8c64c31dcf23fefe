-- Lost one, or lost 21 and won 20?
--
-- Article 001 counts 100 customers before and 99 after and calls that 99 % retention. The same 99 are left
-- when 21 of the 100 leave and 20 come. Read `retention_rate_simple` (what the article counts) beside
-- `retention_rate` (who of the 100 is still there): the further they are apart, the more the count of
-- customers owes to winning new ones. `lost_for_each_net_loss` is the number of customers lost for each one
-- that the count is short of at the close; NULL where the count did not fall. One row per complete period
-- of each grain, the latest first.

with

retention_rate as (
    select * from {{ ref("retention__retention_rate") }}
    where segment_dimension = 'all' and is_complete and not is_warm_up and opening_customers > 0
),

final as (
    select
        period_grain,
        period_start,
        opening_customers,
        lost_customers,
        new_customers + reactivated_customers as won_customers,
        closing_customers,
        closing_customers - opening_customers as net_change,
        retention_rate_simple,
        retention_rate,
        retention_rate_simple - retention_rate as hidden_by_winning,
        case
            when closing_customers < opening_customers
                then {{ retention.ratio("lost_customers", "(opening_customers - closing_customers)") }}
        end as lost_for_each_net_loss
    from retention_rate
)

select * from final
order by period_grain, period_start desc
