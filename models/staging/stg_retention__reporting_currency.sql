-- One row: the currency all money is converted to. It is the setting, else the only currency of the
-- orders, or of the costs where the orders name none. Where there are several it is NULL, as nobody said which one.

{% if var("reporting_currency") -%}
select {{ retention.text_literal(var("reporting_currency") | upper) }} as reporting_currency
{%- else -%}
with

orders as (
    {{ retention.source_records("raw_orders") }}
),

costs as (
    {{ retention.source_records("raw_costs") }}
),

counted as (
    select
        count(distinct upper(currency)) as currencies,
        min(upper(currency)) as currency
    from orders
),

counted_of_costs as (
    select
        count(distinct upper(currency)) as currencies,
        min(upper(currency)) as currency
    from costs
),

final as (
    select
        case
            when counted.currencies = 1 then counted.currency
            when counted.currencies = 0 and counted_of_costs.currencies = 1 then counted_of_costs.currency
        end as reporting_currency
    from counted
    cross join counted_of_costs
)

select * from final
{%- endif %}
