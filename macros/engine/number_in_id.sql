{#- An id as a number to sort by; the largest possible number if it is not one. -#}
{% macro number_in_id(id) -%}
    case
            when {{ retention.matches_pattern(id, "^[0-9]{1,18}$") }} then cast({{ id }} as {{ dbt.type_bigint() }})
            else 9223372036854775807
        end
{%- endmacro %}
