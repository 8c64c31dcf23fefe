-- How long customers pause between purchases, and what an activity window of a given length would mean.

{%- set windows = [30, 60, 90, 120, 180, 270, 365] -%}
{%- set window_in_use = none if retention.activity_window_is_period() else var("activity_window_days") | int -%}
{%- if window_in_use and window_in_use not in windows %}
    {%- do windows.append(window_in_use) %}
{%- endif %}

with

orders as (
    select * from {{ ref("int_retention__orders") }}
),

customer_lifetimes as (
    select * from {{ ref("int_retention__customer_lifetimes") }}
),

gaps as (
    select
        {{ retention.days_between("previous_order_date", "order_date") }} as gap_days,
        count(*) as gaps
    from orders
    where previous_order_date is not null
    group by 1
),

conventions as (
    select 'merged' as same_day_orders
    union all
    select 'kept' as same_day_orders
),

-- The same gaps with orders on the same day as one purchase, and with a gap of 0 days between them.
convention_gaps as (
    select
        conventions.same_day_orders,
        gaps.gap_days,
        gaps.gaps,
        sum(gaps.gaps) over (partition by conventions.same_day_orders) as all_gaps,
        sum(gaps.gaps) over (
            partition by conventions.same_day_orders
            order by gaps.gap_days
            rows between unbounded preceding and current row
        ) as gaps_no_longer
    from gaps
    cross join conventions
    where gaps.gap_days > 0 or conventions.same_day_orders = 'kept'
),

percents as (
    {%- for percent in [50, 80, 90, 95] %}
    select {{ percent }} as percent
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- By rank: the shortest gap that the given percentage of all gaps do not exceed.
percentile_rows as (
    select
        'percentile' as kind,
        conventions.same_day_orders,
        percents.percent,
        min(case
            when convention_gaps.gaps_no_longer * 100 >= percents.percent * convention_gaps.all_gaps
                then convention_gaps.gap_days
        end) as days,
        cast(null as boolean) as is_window_in_use,
        coalesce(sum(convention_gaps.gaps), 0) as gaps,
        cast(null as {{ dbt.type_bigint() }}) as longer_gaps,
        cast(null as {{ dbt.type_bigint() }}) as lost_customers,
        cast(null as {{ dbt.type_bigint() }}) as returned_customers
    from conventions
    cross join percents
    left join convention_gaps
        on conventions.same_day_orders = convention_gaps.same_day_orders
    group by 1, 2, 3
),

windows as (
    {%- for window in windows | sort %}
    select {{ window }} as days
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

window_gaps as (
    select
        windows.days,
        coalesce(sum(convention_gaps.gaps), 0) as gaps,
        sum(case when convention_gaps.gap_days > windows.days then convention_gaps.gaps else 0 end) as longer_gaps
    from windows
    left join convention_gaps
        on convention_gaps.same_day_orders = 'merged'
    group by 1
),

-- Lost under a window: any pause longer than it, including one still ongoing on the as-of date.
window_customers as (
    select
        windows.days,
        sum(case
            when customer_lifetimes.longest_gap_days > windows.days or customer_lifetimes.days_since_last_order >= windows.days
                then 1
            else 0
        end) as lost_customers,
        sum(case when customer_lifetimes.longest_gap_days > windows.days then 1 else 0 end) as returned_customers
    from windows
    left join customer_lifetimes
        on true
    group by 1
),

window_rows as (
    select
        'window' as kind,
        'merged' as same_day_orders,
        cast(null as integer) as percent,
        window_gaps.days,
        {{ "window_gaps.days = " ~ window_in_use if window_in_use else "false" }} as is_window_in_use,
        window_gaps.gaps,
        window_gaps.longer_gaps,
        window_customers.lost_customers,
        window_customers.returned_customers
    from window_gaps
    inner join window_customers
        on window_gaps.days = window_customers.days
),

every_row as (
    select * from percentile_rows
    union all
    select * from window_rows
),

final as (
    select
        kind,
        same_day_orders,
        is_window_in_use,
        {%- for column in ["percent", "days", "gaps", "longer_gaps", "lost_customers", "returned_customers"] %}
        cast({{ column }} as {{ dbt.type_bigint() }}) as {{ column }},
        {%- endfor %}
        {{ retention.ratio("longer_gaps", "gaps") }} as longer_gap_share,
        {{ retention.ratio("returned_customers", "lost_customers") }} as returned_share
    from every_row
)

select * from final
