-- Lost one, or lost 21 and won 20?
--
-- "11 zeitlose Strategien für die Kundenbindung" counts 100 customers before and 99 after and calls that
-- 99 % retention. But 99 are also left when 21 of the 100 leave and 20 are won. Compare
-- `retention_rate_simple` (the article's figure) with `retention_rate` (how many of the 100 are still
-- there): the further apart they are, the more customers were won to replace lost ones.
-- `lost_for_each_net_loss` is customers lost per customer of net decrease; NULL where the number did not
-- fall. One row per complete period of each grain, the latest first.

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
