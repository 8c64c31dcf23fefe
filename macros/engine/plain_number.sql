{#- A number from text such as 1234.5 or -12, NULL for other text. -#}
{% macro plain_number(text, type) -%}
    case when {{ retention.matches_pattern(text, "^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$") }} then {{ retention.try_cast(text, type) }} end
{%- endmacro %}


{#- An amount from text. 1.234 and 12.500 give NULL, as they may mean thousands, and a wrong amount is worse than a
    rejected one; in a currency with three decimals they are read as written. `currency` is SQL for the code in
    capitals. -#}
{% macro plain_amount(text, type, currency=none) -%}
    case
            when not {{ retention.matches_pattern(text, "^[+-]?[1-9][0-9]{0,2}[.][0-9]{3}$") }}
                {%- if currency %} or {{ currency }} in ({{ retention.currencies_of_three_decimals() }}){% endif %}
                then {{ retention.plain_number(text, type) }}
        end
{%- endmacro %}


{% macro currencies_of_three_decimals() -%}
    'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'
{%- endmacro %}
