-- One row: the currency to which all amounts are converted. It is the setting, else the only currency of the orders,
-- or of the costs if the orders name none. Where there are several it is NULL, as none is set.

{% if var("reporting_currency") -%}
select
    {{ retention.text_literal(var("reporting_currency") | upper) }} as reporting_currency,
    false as is_undecided
{%- else -%}
with

order_currencies as (
    select distinct currency
    from {{ ref("stg_retention__orders") }}
    where currency is not null
),

cost_currencies as (
    select distinct currency
    from {{ ref("stg_retention__costs") }}
    where currency is not null
),

final as (
    select
        case
            when (select count(*) from order_currencies) = 1 then (select min(currency) from order_currencies)
            when (select count(*) from order_currencies) = 0 and (select count(*) from cost_currencies) = 1
                then (select min(currency) from cost_currencies)
        end as reporting_currency,
        (select count(*) from order_currencies) > 1 as is_undecided
)

select * from final
{%- endif %}
