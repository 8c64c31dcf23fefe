-- What are one to ten points of retention worth in customer lifetime value and in profit?
--
-- Article 001 promises 25 to 95 % more profit for 5 % more retention, article 003 speaks of 7 %. One row for
-- each grain and 0 to 10 points more of its retention rate than in the last year of complete periods.
--
-- `clv_change` is the change of the formula CLV, customer value x 1 / churn rate, and in the long run also
-- that of revenue, when every period wins as many customers as before: churn / (churn - points) - 1. So it
-- depends on the churn rate alone. Five points are worth 25 % at a churn rate of 25 % and 95 % at one of
-- 10.3 %: the claims (`claim_001_low`, `claim_001_high` and `claim_003`, beside the row of 5 points) hold for
-- shops about there, per the period in which the points are gained. A point of weekly retention is worth far
-- more than one of yearly retention. Compare the changes rather than the amounts of `formula_clv`: the article
-- multiplies the value of a customer who orders in a period by all periods of the lifespan, also those
-- without an order, which is too much at short grains.
--
-- `profit_change` is what the first year brings: customers grow from the latest close by the same gains a
-- period, less the lower churn, each bringing the same net revenue. `first_year_profit` is that revenue less
-- the cost of goods, before marketing and other fixed costs: taken off both, they make the change larger.
-- NULL where no order has a cost, and where the points would exceed the churn.

{%- set periods_per_year = {"week": 52, "month": 12, "quarter": 4, "year": 1} %}

with

period_snapshots as (
    select * from {{ ref("retention__period_snapshots") }}
    where segment_dimension = 'all' and is_complete and not is_warm_up
),

purchase_sequence as (
    select * from {{ ref("int_retention__purchase_sequence") }}
),

year_lengths as (
    {%- for grain in var("period_grains") %}
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
        *,
        row_number() over (partition by period_grain order by period_start desc) as periods_ago
    from period_snapshots
),

baseline as (
    select
        last_year.period_grain,
        year_lengths.periods_per_year,
        count(*) as periods,
        max(case when last_year.periods_ago = 1 then last_year.closing_customers end) as customers,
        avg(cast(last_year.new_customers + last_year.reactivated_customers as double)) as gains_per_period,
        {{ retention.ratio("sum(last_year.lost_customers)", "sum(last_year.opening_customers)") }} as churn_rate,
        {{ retention.ratio("sum(last_year.net_revenue)", "sum(last_year.ordering_customers)") }} as customer_value,
        {{ retention.ratio(
            "sum(last_year.net_revenue) * 2", "sum(last_year.opening_customers + last_year.closing_customers)"
        ) }} as revenue_per_active_customer
    from last_year
    inner join year_lengths
        on
            last_year.period_grain = year_lengths.period_grain
            and last_year.periods_ago <= year_lengths.periods_per_year
    group by 1, 2
),

margin as (
    select
        1 - {{ retention.ratio("sum(cost)", "sum(case when cost is not null then gross_revenue - discounts end)") }}
            as margin_share
    from purchase_sequence
),

what_if as (
    select
        baseline.*,
        points.retention_points,
        margin.margin_share,
        case
            when baseline.churn_rate > points.retention_points / 100.0 then baseline.churn_rate - points.retention_points / 100.0
        end as churn_with_points
    from baseline
    cross join points
    cross join margin
),

-- Customers after t periods are steady + (customers - steady) x retention^t, with steady = gains / churn;
-- summing a year of period averages gives the customer periods of the first year.
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
        margin_share * revenue_per_active_customer * (
            steady_customers * periods_per_year
            + (customers - steady_customers) * survived_periods * (1 - churn_with_points / 2)
        ) as first_year_profit
    from first_year
),

final as (
    select
        valued.period_grain,
        valued.retention_points,
        1 - valued.churn_with_points as retention_rate,
        1 / valued.churn_with_points as lifespan_periods,
        valued.formula_clv,
        valued.formula_clv / nullif(unchanged.formula_clv, 0) - 1 as clv_change,
        valued.first_year_profit,
        valued.first_year_profit / nullif(unchanged.first_year_profit, 0) - 1 as profit_change,
        case when valued.retention_points = 5 then 0.25 end as claim_001_low,
        case when valued.retention_points = 5 then 0.95 end as claim_001_high,
        case when valued.retention_points = 5 then 0.07 end as claim_003
    from valued
    inner join valued as unchanged
        on
            valued.period_grain = unchanged.period_grain
            and unchanged.retention_points = 0
)

select * from final
order by period_grain, retention_points
