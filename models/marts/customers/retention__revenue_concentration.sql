-- Ties are broken by customer key; which of two customers with equal revenue is in a decile does not change
-- its revenue.

{%- set segment_total = "partition by segment_dimension, segment_value" %}
{%- set best_first %}
    partition by segment_dimension, segment_value
    order by decile
    rows between unbounded preceding and current row
{%- endset %}

with

customer_totals as (
    select * from {{ ref("int_retention__customer_totals") }}
),

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

ranked as (
    select
        segments.segment_dimension,
        segments.segment_value,
        customer_totals.net_revenue,
        row_number() over (
            partition by segments.segment_dimension, segments.segment_value
            order by customer_totals.net_revenue desc, customer_totals.customer_key
        ) as place,
        count(*) over (partition by segments.segment_dimension, segments.segment_value) as places
    from customer_totals
    inner join customer_segments
        on customer_totals.customer_key = customer_segments.customer_key
    inner join segments
        on customer_segments.segment_key = segments.segment_key
),

by_decile as (
    select
        segment_dimension,
        segment_value,
        cast(1 + floor(10.0 * (place - 1) / places) as {{ dbt.type_bigint() }}) as decile,
        count(*) as customers,
        sum(net_revenue) as net_revenue
    from ranked
    group by 1, 2, 3
),

deciles as (
    {{ dbt.generate_series(10) }}
),

segment_values as (
    select distinct
        segment_dimension,
        segment_value
    from segments
),

-- Ten rows for every segment value, even if it has fewer than ten customers.
counted as (
    select
        segment_values.segment_dimension,
        segment_values.segment_value,
        cast(deciles.generated_number as {{ dbt.type_bigint() }}) as decile,
        cast(coalesce(by_decile.customers, 0) as {{ dbt.type_bigint() }}) as customers,
        cast(coalesce(by_decile.net_revenue, 0) as {{ retention.type_money() }}) as net_revenue
    from segment_values
    cross join deciles
    left join by_decile
        on
            segment_values.segment_dimension = by_decile.segment_dimension
            and segment_values.segment_value = by_decile.segment_value
            and deciles.generated_number = by_decile.decile
),

final as (
    select
        *,
        {{ retention.ratio("net_revenue", "sum(net_revenue) over (" ~ segment_total ~ ")") }} as revenue_share,
        {{ retention.ratio(
            "sum(net_revenue) over (" ~ best_first ~ ")", "sum(net_revenue) over (" ~ segment_total ~ ")"
        ) }} as cumulative_revenue_share
    from counted
)

select * from final
