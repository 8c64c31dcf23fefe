-- Expected purchases of a customer who is alive depend on x and T only, so the series is summed once for
-- all customers who share them.

{%- set periods = retention.discount_periods() %}

with

purchase_statistics as (
    select * from {{ ref("int_retention__purchase_statistics_grouped") }}
    where observation = 'all'
),

clv_model as (
    select * from {{ ref("int_retention__clv_model_in_use") }}
    where purchase_model is not null
),

discount_periods as (
    {%- for period in periods %}
    select
        {{ loop.index }} as discount_period,
        cast({{ period.end_day }} as {{ retention.type_double() }}) / 7 as end_week
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

statistics_of_customers as (
    select distinct
        repeat_purchases,
        age_weeks
    from purchase_statistics
),

horizons as (
    select
        statistics_of_customers.*,
        discount_periods.discount_period,
        {{ retention.purchase_series_columns(
            "statistics_of_customers.repeat_purchases",
            "statistics_of_customers.age_weeks",
            "discount_periods.end_week",
        ) | indent(4) }}
    from statistics_of_customers
    cross join discount_periods
    cross join clv_model
),

forecasts as (
    select
        repeat_purchases,
        age_weeks,
        discount_period,
        {{ retention.expected_purchases_if_alive() | indent(4) }} as expected_purchases
    from {{ retention.with_purchase_series("horizons") | indent(4) }}
),

-- One column per period, rather than a sum over rows, keeps the order of addition the same in every build.
by_period as (
    select
        repeat_purchases,
        age_weeks
        {%- for period in periods %},
        max(case when discount_period = {{ loop.index }} then expected_purchases end) as to_period_{{ loop.index }}
        {%- endfor %}
    from forecasts
    group by repeat_purchases, age_weeks
),

final as (
    select
        repeat_purchases,
        age_weeks,
        to_period_{{ periods | length }} as expected_purchases_if_alive,
        {% for period in periods -%}
        {{ "+ " if not loop.first }}{{ period.discount_factor }}
        * (to_period_{{ loop.index }}{{ " - to_period_" ~ loop.index0 if not loop.first }})
        {% endfor -%}
        as discounted_purchases_if_alive
    from by_period
)

select * from final
