{#- The rows of a relation with the rate at which their money is converted to the reporting currency: that
    of their currency on a date, 1 where they name no currency, NULL where there is none. Each pair of
    currency and date is looked up once. -#}
{% macro with_exchange_rate(relation, currency, date, kinds={}) %}
    {%- set names_currencies = kinds.get(currency) != "missing" %}
    {%- set has_rates = names_currencies and retention.input_kind("raw_exchange_rates") != "none" %}
    select
        {{ relation }}.*,
        {%- if names_currencies %}
        cast(
            case
                when {{ relation }}.{{ currency }} is null then 1
                when upper({{ relation }}.{{ currency }}) = reporting.reporting_currency then 1
                {%- if has_rates %}
                when reporting.reporting_currency is not null then daily_rates.rate
                {%- endif %}
            end as {{ retention.type_rate() }}
        ) as exchange_rate,
        {%- else %}
        cast(1 as {{ retention.type_rate() }}) as exchange_rate,
        {%- endif %}
        reporting.reporting_currency
    from {{ relation }}
    cross join {{ ref("retention", "stg_retention__reporting_currency") }} as reporting
    {%- if has_rates %}
    left join (
        select
            days.currency,
            days.rated_on,
            rates.rate
        from (
            select distinct
                upper({{ currency }}) as currency,
                {{ date }} as rated_on
            from {{ relation }}
        ) as days
        inner join {{ ref("retention", "stg_retention__exchange_rates") }} as rates
            on
                days.currency = rates.currency
                and days.rated_on >= rates.valid_from_date
                and (rates.valid_until_date is null or days.rated_on < rates.valid_until_date)
    ) as daily_rates
        on
            upper({{ relation }}.{{ currency }}) = daily_rates.currency
            and {{ relation }}.{{ date }} = daily_rates.rated_on
    {%- endif %}
{% endmacro %}


{#- Exchange rates below a million, so that no amount times a rate is too wide for a decimal. -#}
{% macro type_rate() %}decimal(18, 12){% endmacro %}


{#- An amount in the reporting currency, to the cent. -#}
{% macro convert_money(amount) -%}
    case
            when exchange_rate = 1 then cast({{ amount }} as decimal(18, 2))
            else {{ retention.try_cast(retention.exact_conversion(amount), "decimal(18, 2)") }}
        end
{%- endmacro %}


{#- The product with all its decimal places; the cast makes room for them. -#}
{% macro exact_conversion(amount) -%}
    cast({{ amount }} as decimal(20, 2)) * exchange_rate
{%- endmacro %}


{#- The amounts cannot be converted. -#}
{% macro reject_unconverted(date, amounts) %}
            when exchange_rate is null and reporting_currency is null
                then 'several currencies came in and reporting_currency is not set'
            when exchange_rate is null then 'no exchange rate of the currency is valid on {{ date }}'
            when exchange_rate <> 1 and {{ retention.exact_conversion("greatest(" ~ amounts | join(", ") ~ ")") }} >= 1000000000000
                then 'an amount is a trillion or more in the reporting currency'
{%- endmacro %}
