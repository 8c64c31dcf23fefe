-- What are one to ten percentage points of retention worth in customer lifetime value and profit?
--
-- "11 zeitlose Strategien für die Kundenbindung" promises 25 to 95 % more profit for 5 % more retention; "5 häufige
-- Missverständnisse über die Kundenbindung" says 7 %. One row per grain and increase of 0 to 10 points over its
-- retention rate in the last year of complete periods.
--
-- `clv_change` is the change in the formula CLV (customer value x 1 / churn rate) and, if every period wins as many
-- customers as before, in long-run revenue: churn / (churn - points) - 1. It therefore depends on the churn rate alone.
-- Five points are worth 25 % at a churn rate of 25 %, and 95 % at 10.3 %: the claims (`strategies_claim_low`,
-- `strategies_claim_high` and `misunderstandings_claim`, in the row of 5 points) hold for shops near these rates, for
-- the period length in which the points are gained. A point of weekly retention is worth far more than one of yearly
-- retention. Compare changes rather than the amounts of `formula_clv`: it applies the value of a customer who orders in
-- a period to all periods of the lifespan, even those without an order, which overstates it at short grains.
--
-- `margin_change` and `profit_change` are the effect in the first year: from the latest close on, each period gains as
-- many customers as before and loses fewer, and each customer brings the same net revenue. `first_year_margin` is that
-- revenue less the cost of goods, `first_year_profit` also less the last year's marketing costs. Both changes are
-- relative to 0 points. NULL where no order has a cost or no marketing cost is recorded, where there were no customers
-- to lose, and where the points would exceed the churn rate.

{%- set periods_per_year = {"week": 52, "month": 12, "quarter": 4, "year": 1} %}

with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
    where segment_dimension = 'all' and is_complete and not is_warm_up
),

acquisition as (
    select * from {{ ref("retention__acquisition") }}
    where segment_dimension = 'all'
),

purchases as (
    select * from {{ ref("int_retention__orders") }}
    where order_number is not null
),

year_lengths as (
    {%- for grain in retention.period_grains() %}
    select
        '{{ grain }}' as period_grain,
        {{ periods_per_year[grain] }} as periods_per_year
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

points as (
    {%- for point in range(11) %}
    select {{ point }} as retention_points
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

last_year as (
    select
        period_snapshots.*,
        acquisition.acquisition_cost,
        acquisition.retention_cost,
        row_number() over (
            partition by period_snapshots.period_grain
            order by period_snapshots.period_start desc
        ) as periods_ago
    from period_snapshots
    left join acquisition
        on
            period_snapshots.period_grain = acquisition.period_grain
            and period_snapshots.period_start = acquisition.period_start
),

baseline as (
    select
        last_year.period_grain,
        year_lengths.periods_per_year,
        max(case when last_year.periods_ago = 1 then last_year.closing_customers end) as customers,
        avg(cast(last_year.new_customers + last_year.reactivated_customers as {{ retention.type_double() }})) as gains_per_period,
        sum(last_year.lost_customers) as lost_customers,
        sum(last_year.opening_customers) as opening_customers,
        sum(last_year.opening_customers + last_year.closing_customers) / 2.0 as customer_periods,
        sum(last_year.ordering_customers) as ordering_customers,
        sum(last_year.net_revenue) as net_revenue,
        (coalesce(sum(last_year.acquisition_cost), 0) + coalesce(sum(last_year.retention_cost), 0))
        * year_lengths.periods_per_year / count(*) as marketing_cost,
        count(last_year.acquisition_cost) + count(last_year.retention_cost) > 0 as has_marketing_cost
    from last_year
    inner join year_lengths
        on
            last_year.period_grain = year_lengths.period_grain
            and last_year.periods_ago <= year_lengths.periods_per_year
    group by 1, 2
),

rated as (
    select
        *,
        {{ retention.ratio("lost_customers", "opening_customers") }} as churn_rate,
        {{ retention.ratio("net_revenue", "ordering_customers") }} as customer_value,
        {{ retention.ratio("net_revenue", "customer_periods") }} as revenue_per_customer
    from baseline
),

known_costs as (
    select
        sum(cost) as cost,
        sum(case when cost is not null then gross_revenue - discounts end) as revenue
    from purchases
),

margin as (
    select 1 - {{ retention.ratio("cost", "revenue") }} as margin_share from known_costs
),

what_if as (
    select
        rated.*,
        points.retention_points,
        margin.margin_share,
        case
            when rated.churn_rate > points.retention_points / 100.0
                then rated.churn_rate - points.retention_points / 100.0
        end as churn_with_points
    from rated
    cross join points
    cross join margin
),

-- Customers after t periods are steady + (customers - steady) x retention^t, with steady = gains / churn; summing the
-- period averages over a year gives the customer periods of the first year.
first_year as (
    select
        *,
        gains_per_period / churn_with_points as steady_customers,
        (1 - power(1 - churn_with_points, periods_per_year)) / churn_with_points as survived_periods
    from what_if
),

valued as (
    select
        *,
        customer_value / churn_with_points as formula_clv,
        margin_share * revenue_per_customer * (
            steady_customers * periods_per_year
            + (customers - steady_customers) * survived_periods * (1 - churn_with_points / 2)
        ) as first_year_margin
    from first_year
),

earned as (
    select
        *,
        case when has_marketing_cost then first_year_margin - marketing_cost end as first_year_profit
    from valued
),

final as (
    select
        earned.period_grain,
        earned.retention_points,
        1 - earned.churn_with_points as retention_rate,
        1 / earned.churn_with_points as lifespan_periods,
        {%- for amount, change in {
            "formula_clv": "clv_change",
            "first_year_margin": "margin_change",
            "first_year_profit": "profit_change",
        }.items() %}
        earned.{{ amount }},
        (earned.{{ amount }} - unchanged.{{ amount }}) / nullif(abs(unchanged.{{ amount }}), 0) as {{ change }},
        {%- endfor %}
        case when earned.retention_points = 5 then 0.25 end as strategies_claim_low,
        case when earned.retention_points = 5 then 0.95 end as strategies_claim_high,
        case when earned.retention_points = 5 then 0.07 end as misunderstandings_claim
    from earned
    inner join earned as unchanged
        on
            earned.period_grain = unchanged.period_grain
            and unchanged.retention_points = 0
)

select * from final
order by period_grain, retention_points
