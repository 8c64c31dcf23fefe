-- In the last period, net CLV x customers = the margin of all customers less the costs of all periods.

with

lifetime_value as (
    select
        *,
        row_number() over (partition by period_grain order by period_start desc) as periods_from_the_end
    from {{ ref("retention__customer_lifetime_value") }}
    where segment_dimension = 'all'
),

margins as (
    select
        count(*) as customers,
        sum(margin) as margin
    from {{ ref("int_retention__customer_totals") }}
    having count(margin) = count(*)
),

costs as (
    select
        period_grain,
        sum(acquisition_cost) as acquisition_cost,
        sum(retention_cost) as retention_cost
    from {{ ref("retention__acquisition") }}
    where segment_dimension = 'all'
    group by 1
    having count(acquisition_cost) + count(retention_cost) > 0
)

select
    lifetime_value.period_grain,
    lifetime_value.net_clv,
    margins.*,
    costs.acquisition_cost,
    costs.retention_cost
from lifetime_value
inner join costs
    on lifetime_value.period_grain = costs.period_grain
cross join margins
where
    lifetime_value.periods_from_the_end = 1
    and margins.customers > 0
    and (
        abs(
            lifetime_value.net_clv * margins.customers
            - (margins.margin - coalesce(costs.acquisition_cost, 0) - coalesce(costs.retention_cost, 0))
        ) < 0.001
    ) is not true
