{#- The columns that every period mart shares: its key and the attributes of the period. -#}
{% macro period_key() -%}
    period_grain,
        period_start,
        segment_dimension,
        segment_value,
        period_end,
        is_complete,
        is_warm_up
{%- endmacro %}
