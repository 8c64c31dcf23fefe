-- One row: the currency all money is converted to. It is the setting, else the only currency of the
-- orders, or of the costs where the orders name none. Where there are several it is NULL, as nobody said which one.

{% if var("reporting_currency") -%}
select {{ retention.text_literal(var("reporting_currency") | upper) }} as reporting_currency
{%- else -%}
with

{% for input in ["raw_orders", "raw_costs"] -%}
{{ input }} as (
    {{ retention.source_records(input) }}
),

-- Texts are looked at once each, as most inputs repeat one of them in every row.
currencies_of_{{ input }} as (
    select distinct {{ retention.stored_text("currency", retention.stored_kinds(input)) }} as currency
    from {{ input }}
),

counted_of_{{ input }} as (
    select
        count(distinct upper(currency)) as currencies,
        min(upper(currency)) as currency
    from currencies_of_{{ input }}
),

{% endfor -%}

final as (
    select
        case
            when counted_of_raw_orders.currencies = 1 then counted_of_raw_orders.currency
            when counted_of_raw_orders.currencies = 0 and counted_of_raw_costs.currencies = 1
                then counted_of_raw_costs.currency
        end as reporting_currency
    from counted_of_raw_orders
    cross join counted_of_raw_costs
)

select * from final
{%- endif %}
