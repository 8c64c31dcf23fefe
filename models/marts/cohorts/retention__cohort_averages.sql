-- The average cohort at each age, with every customer weighted equally. Cells whose period is still running
-- are left out, as their counts are not final and would pull the average down.

with

cohorts as (
    select * from {{ ref("retention__cohorts") }}
    where is_complete
),

{% set counts = ["cohort_customers", "ordering_customers", "active_customers", "returned_on_or_after"] -%}

pooled as (
    select
        cohort_grain,
        segment_dimension,
        segment_value,
        age,
        count(*) as cohorts,
        {%- for column in counts %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        sum(cumulative_net_revenue) as cumulative_net_revenue
    from cohorts
    group by 1, 2, 3, 4
),

final as (
    select
        cohort_grain,
        segment_dimension,
        segment_value,
        age,
        cast(cohorts as {{ dbt.type_bigint() }}) as cohorts,
        {%- for column in counts %}
        cast({{ column }} as {{ dbt.type_bigint() }}) as {{ column }},
        {%- endfor %}
        cast(cumulative_net_revenue as {{ retention.type_money() }}) as cumulative_net_revenue,
        {{ retention.ratio("ordering_customers", "cohort_customers") }} as retention_rate,
        {{ retention.ratio("active_customers", "cohort_customers") }} as rolling_retention_rate,
        {{ retention.ratio("returned_on_or_after", "cohort_customers") }} as on_or_after_retention_rate,
        {{ retention.ratio("cumulative_net_revenue", "cohort_customers") }} as cumulative_value_per_customer
    from pooled
)

select * from final
