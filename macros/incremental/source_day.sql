{#- Records of orders are compared with the last run day by day, as the day is written in the input: which records have
    to be derived anew is then known from what came in, whatever becomes of it. -#}


{#- The day of a record: a date where the input holds times as such, else how their text begins. -#}
{% macro day_of_record(kinds) -%}
    {%- if kinds.get("ordered_at") -%}
    cast(ordered_at_stored as date)
    {%- else -%}
    substring(ordered_at, 1, 10)
    {%- endif -%}
{%- endmacro %}


{#- The day as text, empty where there is none. -#}
{% macro source_day(day_of_record) -%}
    coalesce(cast({{ day_of_record }} as {{ dbt.type_string() }}), '')
{%- endmacro %}


{#- Is a record of one of the days of a relation? Dates are compared as such, which takes less time than writing
    each of them as text; the first of all dates stands for none. -#}
{% macro is_of_days(days, kinds) -%}
    {%- set day = retention.day_of_record(kinds) -%}
    {%- if kinds.get("ordered_at") -%}
    {%- set no_day = "cast('0001-01-01' as date)" -%}
    coalesce({{ day }}, {{ no_day }}) in (select coalesce({{ retention.try_cast("source_day", "date") }}, {{ no_day }}) from {{ days }})
    {%- else -%}
    {{ retention.source_day(day) }} in (select source_day from {{ days }})
    {%- endif -%}
{%- endmacro %}


{#- The columns that decide what becomes of a record. -#}
{% macro deciding_columns(kinds) %}
    {% set accounting = ["source_rows", "source_amount", "duplicate_rows", "duplicate_amount"] %}
    {{ return(
        retention.stored_columns("raw_orders", kinds)
        + (accounting if retention.has_row_accounting() else [])
        + ["format_rejection", "source_record"]
    ) }}
{% endmacro %}


{#- A pre-hook: the records of orders that are derived anew make way. -#}
{% macro delete_changed_orders() %}
    {% set changed_orders = ref("retention", "stg_retention__changed_orders") %}
    {% if is_incremental() %}
        delete from {{ this }} where coalesce(order_id, '') in (select changed.order_id from {{ changed_orders }} as changed)
    {% endif %}
{% endmacro %}
