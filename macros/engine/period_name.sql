{#- A period as people name it: 2024-W05 (a week from Monday, by its ISO number, others by their first day), 2024-05, 2024 Q2 and
    2024. Years that do not start in January, and their quarters, are named by the year they end in: FY2025 and FY2025 Q1 start
    in April 2024. -#}
{% macro period_name(grain, start) -%}
    {%- set thursday = "cast(" ~ dbt.dateadd("day", 3, start) ~ " as date)" -%}
    {%- set first_day = "cast(" ~ dbt.date_trunc("year", thursday) ~ " as date)" -%}
    {%- set week = "cast(floor(" ~ retention.days_between(first_day, thursday) ~ " / 7.0) + 1 as " ~ dbt.type_int() ~ ")" -%}
    {%- set year = "extract(year from " ~ start ~ ")" -%}
    {%- set prefix = "" -%}
    {%- set month = "extract(month from " ~ start ~ ")" -%}
    {%- if retention.fiscal_months() -%}
        {%- set year = "extract(year from " ~ dbt.dateadd("month", 12 - retention.fiscal_months(), start) ~ ")" -%}
        {%- set prefix = "FY" -%}
        {%- set month = "extract(month from " ~ retention.in_calendar_year(start) ~ ")" -%}
    {%- endif -%}
    {%- set year_name = "'" ~ prefix ~ "' || " ~ retention.whole_text(year) -%}
    case {{ grain }}
            when 'week' then {% if retention.days_before_monday() -%}
                'week of ' || cast({{ start }} as {{ dbt.type_string() }})
            {%- else -%}
                {{ retention.whole_text("extract(year from " ~ thursday ~ ")") }} || '-W' || {{ dbt.right("'0' || " ~ retention.whole_text(week), 2) }}
            {%- endif %}
            when 'month' then {{ retention.year_month(start) }}
            when 'quarter' then {{ year_name }} || ' Q' || {{ retention.whole_text("floor((" ~ month ~ " + 2) / 3.0)") }}
            when 'year' then {{ year_name }}
        end
{%- endmacro %}


{% macro whole_text(number) -%}
    cast(cast({{ number }} as {{ dbt.type_int() }}) as {{ dbt.type_string() }})
{%- endmacro %}
