-- Lists of customers to act on, each defined by a rule, with the reason they are on it and what they are worth.

{#- An active customer is about to lapse from this many days before the lapse date. #}
{%- set days_before_lapse = 14 %}

with

customers as (
    select * from {{ ref("retention__customers") }}
),

reporting_dates as (
    select * from {{ ref("int_retention__reporting_dates") }}
),

order_gaps as (
    select * from {{ ref("retention__order_gaps") }}
    where kind = 'percentile' and percent = 50 and same_day_orders = 'merged'
),

-- Where nothing is predicted, revenue so far is the best available estimate of future revenue.
standing as (
    select
        customers.*,
        {{ retention.days_between("customers.last_order_date", "reporting_dates.as_of_date") }} as days_since_last_order,
        {{ retention.days_between("reporting_dates.as_of_date", "customers.lapse_date") }} as days_until_lapse,
        order_gaps.days as median_gap_days,
        coalesce(customers.predicted_clv, customers.historical_clv) as value_ahead,
        coalesce(customers.value_at_risk, customers.historical_clv) as value_lost
    from customers
    cross join reporting_dates
    left join order_gaps
        on true
),

win_back as (
    select
        'win_back' as audience,
        customer_key,
        {{ dbt.concat([
            "'Lapsed on '", retention.in_words("lapse_date"), "' after '", retention.orders_in_words("orders"),
            "case when probability_alive is null then '' else "
            ~ dbt.concat(["', still a customer with '", retention.percent_in_words("probability_alive")]) ~ " end",
        ]) }} as reason,
        value_lost as value
    from standing
    where status = 'lapsed' and value_lost > 0
),

about_to_lapse as (
    select
        'about_to_lapse' as audience,
        customer_key,
        {{ dbt.concat([
            "'Lapses on '", retention.in_words("lapse_date"), "' unless they order by then; '",
            retention.orders_in_words("orders"), "' so far'",
        ]) }} as reason,
        value_ahead as value
    from standing
    where status = 'active' and days_until_lapse <= {{ days_before_lapse }}
),

second_order_due as (
    select
        'second_order_due' as audience,
        customer_key,
        {{ dbt.concat([
            "'One order, '", retention.in_words("days_since_last_order"),
            "' days ago; half of all next orders come within '", retention.in_words("median_gap_days"), "' days'",
        ]) }} as reason,
        value_ahead as value
    from standing
    where status = 'active' and orders = 1 and days_since_last_order >= median_gap_days
),

vip as (
    select
        'vip' as audience,
        customer_key,
        {{ dbt.concat([
            retention.orders_in_words("orders"), "' worth '", retention.in_words("cast(net_revenue as decimal(18, 2))"), "', the latest on '",
            retention.in_words("last_order_date"),
        ]) }} as reason,
        historical_clv as value
    from standing
    where rfm_segment = 'vip'
),

at_risk as (
    select
        'at_risk' as audience,
        customer_key,
        {{ dbt.concat([
            retention.orders_in_words("orders"), "' worth '", retention.in_words("cast(net_revenue as decimal(18, 2))"), "', none since '",
            retention.in_words("last_order_date"),
        ]) }} as reason,
        value_lost as value
    from standing
    where rfm_segment = 'at_risk' and status = 'active'
),

new as (
    select
        'new' as audience,
        customer_key,
        {{ dbt.concat(["'First order on '", retention.in_words("first_order_date")]) }} as reason,
        value_ahead as value
    from standing
    where rfm_segment = 'new'
),

listed as (
    select * from win_back
    union all
    select * from about_to_lapse
    union all
    select * from second_order_due
    union all
    select * from vip
    union all
    select * from at_risk
    union all
    select * from new
),

final as (
    select
        cast(audience as {{ dbt.type_string() }}) as audience,
        customer_key,
        cast(
            row_number() over (partition by audience order by value desc, customer_key) as {{ dbt.type_bigint() }}
        ) as rank,
        cast(reason as {{ dbt.type_string() }}) as reason,
        cast(value as {{ retention.type_money() }}) as value
    from listed
)

select * from final
