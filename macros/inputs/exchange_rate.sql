{#- The rate at which an amount is converted to the reporting currency: 1 without a currency or in the reporting
    currency, NULL where there is no rate. Expects `reporting` (int_retention__reporting_currency) and, where rates are
    given, `rates` (int_retention__exchange_rates) joined by `join_exchange_rates`. -#}
{% macro exchange_rate(currency) -%}
    cast(
            case
                when {{ currency }} is null or {{ currency }} = reporting.reporting_currency then 1
                {%- if retention.input_kind("raw_exchange_rates") != "none" %}
                when reporting.reporting_currency is not null then rates.rate
                {%- endif %}
            end as {{ retention.type_rate() }}
        )
{%- endmacro %}


{% macro join_exchange_rates(currency, date) -%}
    cross join {{ ref("retention", "int_retention__reporting_currency") }} as reporting
    {%- if retention.input_kind("raw_exchange_rates") != "none" %}
    left join {{ ref("retention", "int_retention__exchange_rates") }} as rates
        on
            {{ currency }} = rates.currency
            and {{ date }} >= rates.valid_from_date
            and {{ date }} < rates.valid_until_date
    {%- endif %}
{%- endmacro %}


{#- Exchange rates are below a million, so that no amount times a rate overflows a decimal. -#}
{% macro type_rate() %}decimal(18, 12){% endmacro %}


{#- An amount in the reporting currency, to four decimals. -#}
{% macro convert_money(amount) -%}
    case
            when exchange_rate = 1 then {{ amount }}
            else {{ retention.try_cast(retention.exact_conversion(amount), retention.type_amount()) }}
        end
{%- endmacro %}


{#- The product with all its decimals; the cast makes room for them. -#}
{% macro exact_conversion(amount) -%}
    cast({{ amount }} as decimal(20, 4)) * exchange_rate
{%- endmacro %}


{#- An amount x part / whole, to four decimals. The product is rounded twice, as engines differ in the last digits of
    doubles and in how they round those. -#}
{% macro share_of_amount(amount, part, whole) -%}
    cast(
            cast(
                cast({{ amount }} as {{ retention.type_double() }}) * cast({{ part }} as {{ retention.type_double() }})
                / cast({{ whole }} as {{ retention.type_double() }}) as decimal(28, 8)
            ) as {{ retention.type_amount() }}
        )
{%- endmacro %}
