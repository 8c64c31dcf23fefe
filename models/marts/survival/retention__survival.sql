-- How long customers stay: the Kaplan-Meier estimate of the share not yet lapsed. Customers who have not lapsed by the
-- as-of date are censored: they count for as long as they have been observed. Sources: Kaplan & Meier (1958), JASA
-- 53(282); variance of Greenwood (1926); the interval is symmetric on the scale of log(-log(survival)), so it stays
-- between 0 and 1 (Kalbfleisch & Prentice 1980).

{%- set days_until_now %}
    partition by segment_dimension, segment_value
    order by day
    rows between unbounded preceding and current row
{%- endset %}

with

customer_lifetimes as (
    select * from {{ ref("int_retention__customer_lifetimes") }}
),

segments as (
    select * from {{ ref("int_retention__segments") }}
),

by_segment_key as (
    select
        segment_key,
        lifetime_days as day,
        sum(case when has_lapsed then 1 else 0 end) as events,
        sum(case when has_lapsed then 0 else 1 end) as censored
    from customer_lifetimes
    group by 1, 2
),

-- Every curve starts on day 0, even if nothing happened on it.
days as (
    select * from by_segment_key
    union all
    select distinct
        segment_key,
        0 as day,
        0 as events,
        0 as censored
    from by_segment_key
),

by_segment as (
    select
        segments.segment_dimension,
        segments.segment_value,
        days.day,
        sum(days.events) as events,
        sum(days.censored) as censored
    from days
    inner join segments
        on days.segment_key = segments.segment_key
    group by 1, 2, 3
),

exposed as (
    select
        *,
        sum(events + censored) over (
            partition by segment_dimension, segment_value
            order by day
            rows between current row and unbounded following
        ) as at_risk
    from by_segment
),

-- The logarithm ends where everybody left lapses; no day comes after that.
accumulated as (
    select
        *,
        sum(
            case when events < at_risk then ln(1 - cast(events as {{ retention.type_double() }}) / at_risk) else 0 end
        ) over ({{ days_until_now }}) as log_survival,
        sum(
            case when events < at_risk then cast(events as {{ retention.type_double() }}) / at_risk / (at_risk - events) else 0 end
        ) over ({{ days_until_now }}) as log_survival_variance
    from exposed
),

final as (
    select
        segment_dimension,
        segment_value,
        cast(day as {{ dbt.type_bigint() }}) as day,
        cast(at_risk as {{ dbt.type_bigint() }}) as at_risk,
        cast(events as {{ dbt.type_bigint() }}) as events,
        cast(censored as {{ dbt.type_bigint() }}) as censored,
        case when events < at_risk then exp(log_survival) else 0.0 end as survival,
        {%- for bound, sign in {"low": "", "high": "-"}.items() %}
        case
            when events = at_risk then 0.0
            when log_survival = 0 then 1.0
            else exp(log_survival * exp({{ sign }}{{ retention.normal_quantile() }} * sqrt(log_survival_variance) / -log_survival))
        end as survival_{{ bound }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from accumulated
)

select * from final
