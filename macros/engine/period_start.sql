{#- The first day of the calendar period that contains a date. Weeks start on week_start, years and quarters in
    fiscal_year_start_month: dates are shifted to the regular calendar, and back. -#}
{% macro period_start(grain, date) -%}
    {%- if grain == "week" and retention.days_before_monday() -%}
    {{ retention.add_days(-retention.days_before_monday(), "cast(" ~ dbt.date_trunc("week", retention.add_days(retention.days_before_monday(), date)) ~ " as date)") }}
    {%- elif grain in ["quarter", "year"] and retention.fiscal_months() -%}
    cast({{ dbt.dateadd("month", retention.fiscal_months(), dbt.date_trunc(grain, retention.in_calendar_year(date))) }} as date)
    {%- else -%}
    cast({{ dbt.date_trunc(grain, date) }} as date)
    {%- endif -%}
{%- endmacro %}


{#- A date moved back by as many months as the fiscal year starts after January. -#}
{% macro in_calendar_year(date) -%}
    {%- if retention.fiscal_months() -%}
    cast({{ dbt.dateadd("month", -retention.fiscal_months(), date) }} as date)
    {%- else -%}
    {{ date }}
    {%- endif -%}
{%- endmacro %}


{% macro fiscal_months() %}
    {{ return(var("fiscal_year_start_month") | int - 1) }}
{% endmacro %}


{#- How many days before a Monday weeks start. -#}
{% macro days_before_monday() %}
    {{ return({"monday": 0, "sunday": 1, "saturday": 2}[var("week_start") | lower]) }}
{% endmacro %}


{#- The first day of the period after the one that contains a date. -#}
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
