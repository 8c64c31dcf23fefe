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
