{#- The first day of the calendar period that holds a date; weeks are ISO weeks and start on Monday. -#}
{% macro period_start(grain, date) -%}
    cast({{ dbt.date_trunc(grain, date) }} as date)
{%- endmacro %}


{#- The first day of the period after the one that holds a date. -#}
{% macro next_period_start(grain, date) -%}
    {{ retention.add_periods(grain, 1, retention.period_start(grain, date)) }}
{%- endmacro %}


{#- A date moved by whole periods; not every engine adds quarters. -#}
{% macro add_periods(grain, periods, date) -%}
    {%- if grain == "quarter" -%}
    cast({{ dbt.dateadd("month", "3 * (" ~ periods ~ ")", date) }} as date)
    {%- else -%}
    cast({{ dbt.dateadd(grain, "(" ~ periods ~ ")", date) }} as date)
    {%- endif -%}
{%- endmacro %}
