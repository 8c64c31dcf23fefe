-- How many of the customers who started in the same period and share all segment attributes bought, came back and were
-- lost in each period, and by how much their revenue changed. Effects on later periods in which a customer has no row
-- are counted there: the loss when the activity window ends, and revenue that is not repeated.

{%- set attributes = retention.attribute_columns() %}

with

customer_periods as (
    select * from {{ ref("int_retention__customer_periods") }}
),

{% if attributes -%}
customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

{% endif -%}
keyed as (
    select
        customer_periods.*,
        {{ "customer_segments.segment_key" if attributes else "1" }} as segment_key
    from customer_periods
    {% if attributes -%}
    inner join customer_segments
        on customer_periods.customer_number = customer_segments.customer_number
    {% endif %}
),

counted as (
    select
        period_grain,
        period_number,
        cohort_number,
        lost_number,
        segment_key,
        count(*) as customers,
        sum(case when orders > 0 then 1 else 0 end) as ordering_customers,
        sum(case when orders > 1 then 1 else 0 end) as repeat_customers,
        sum(case when orders > 0 and not holds_first_order then 1 else 0 end) as returning_customers,
        sum(case when is_active and holds_first_order then 1 else 0 end) as new_customers,
        sum(case when is_active and not holds_first_order and not was_active then 1 else 0 end) as reactivated_customers,
        sum(case when was_active and orders > 0 and not is_active then 1 else 0 end) as lost_customers,
        sum(case when change_class = 'new' then revenue_change else 0 end) as new_revenue,
        sum(case when change_class = 'reactivated' then revenue_change else 0 end) as reactivated_revenue,
        sum(case when change_class = 'expansion' then revenue_change else 0 end) as expansion_revenue,
        sum(case when change_class = 'contraction' then -revenue_change else 0 end) as contraction_revenue,
        sum(case when change_class = 'churned' then -revenue_change else 0 end) as churned_revenue,
        sum(case when change_class = 'adjustment' then revenue_change else 0 end) as adjustment_revenue,
        sum(case when not precedes_next and orders > 0 then net_revenue else 0 end) as next_churned_revenue,
        sum(case when not precedes_next and orders = 0 then -net_revenue else 0 end) as next_adjustment_revenue
    from keyed
    group by 1, 2, 3, 4, 5
),

this_period as (
    select
        period_grain,
        period_number,
        cohort_number,
        segment_key,
        customers,
        ordering_customers,
        repeat_customers,
        returning_customers,
        new_customers,
        reactivated_customers,
        lost_customers,
        new_revenue,
        reactivated_revenue,
        expansion_revenue,
        contraction_revenue,
        churned_revenue,
        adjustment_revenue
    from counted
),

next_period as (
    select
        period_grain,
        period_number + 1 as period_number,
        cohort_number,
        segment_key,
        0 as customers,
        0 as ordering_customers,
        0 as repeat_customers,
        0 as returning_customers,
        0 as new_customers,
        0 as reactivated_customers,
        0 as lost_customers,
        0 as new_revenue,
        0 as reactivated_revenue,
        0 as expansion_revenue,
        0 as contraction_revenue,
        next_churned_revenue as churned_revenue,
        next_adjustment_revenue as adjustment_revenue
    from counted
),

period_of_lapse as (
    select
        period_grain,
        lost_number as period_number,
        cohort_number,
        segment_key,
        0 as customers,
        0 as ordering_customers,
        0 as repeat_customers,
        0 as returning_customers,
        0 as new_customers,
        0 as reactivated_customers,
        customers as lost_customers,
        0 as new_revenue,
        0 as reactivated_revenue,
        0 as expansion_revenue,
        0 as contraction_revenue,
        0 as churned_revenue,
        0 as adjustment_revenue
    from counted
    where lost_number is not null
),

every_part as (
    select * from this_period
    union all
    select * from next_period
    union all
    select * from period_of_lapse
),

final as (
    select
        period_grain,
        period_number,
        cohort_number,
        segment_key,
        sum(customers) as customers,
        sum(ordering_customers) as ordering_customers,
        sum(repeat_customers) as repeat_customers,
        sum(returning_customers) as returning_customers,
        sum(new_customers) as new_customers,
        sum(reactivated_customers) as reactivated_customers,
        sum(lost_customers) as lost_customers,
        sum(new_revenue) as new_revenue,
        sum(reactivated_revenue) as reactivated_revenue,
        sum(expansion_revenue) as expansion_revenue,
        sum(contraction_revenue) as contraction_revenue,
        sum(churned_revenue) as churned_revenue,
        sum(adjustment_revenue) as adjustment_revenue
    from every_part
    group by 1, 2, 3, 4
)

select * from final
