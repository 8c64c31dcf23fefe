{#- A query for the rows of a relation, once for each cohort that their first order falls into: the cohort of all customers
    and that of each grain that is built. Expects first_order_date in the relation, and reporting_dates in scope. -#}
{% macro cohorts_of_every_grain(relation) -%}
    select
        'all' as cohort_grain,
        (select reporting_dates.first_order_date from reporting_dates) as cohort_start,
        {{ relation }}.*
    from {{ relation }}

    union all

    select
        'week' as cohort_grain,
        {{ retention.period_start("week", "first_order_date") }} as cohort_start,
        {{ relation }}.*
    from {{ relation }}
    where {{ retention.is_built("week") }}

    union all

    select
        'month' as cohort_grain,
        {{ retention.period_start("month", "first_order_date") }} as cohort_start,
        {{ relation }}.*
    from {{ relation }}
    where {{ retention.is_built("month") }}

    union all

    select
        'quarter' as cohort_grain,
        {{ retention.period_start("quarter", "first_order_date") }} as cohort_start,
        {{ relation }}.*
    from {{ relation }}
    where {{ retention.is_built("quarter") }}

    union all

    select
        'year' as cohort_grain,
        {{ retention.period_start("year", "first_order_date") }} as cohort_start,
        {{ relation }}.*
    from {{ relation }}
    where {{ retention.is_built("year") }}
{%- endmacro %}
