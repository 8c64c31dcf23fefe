{#- The records of an input as the chosen source format delivers them: the columns of `stored_columns`,
    then those that tie every record to the rows it was made of. Where one row makes one record, they are
    filled in here:

    source_rows, source_amount        rows of the input behind the record, and their money as it came in
    duplicate_rows, duplicate_amount  exact copies of these rows that the format left out
    format_rejection                  why the format cannot make a usable record of the rows, if it cannot
    source_record                     the row as JSON, where it says more than the record's own columns -#}
{% macro source_records(input) %}
    {%- set kinds = retention.stored_kinds(input) -%}
    {%- set columns = retention.stored_columns(input, kinds) -%}
    {%- if retention.has_row_accounting() and retention.is_made_by_format(input) -%}
    select * from {{ ref("retention", retention.source_model(input)) }}
    {%- else -%}
    {%- set amount = retention.inputs()[input].amount -%}
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        1 as source_rows,
        {{ "coalesce(" ~ retention.stored_amount(amount, kinds) ~ ", 0)" if amount else "0" }} as source_amount,
        0 as duplicate_rows,
        0 as duplicate_amount,
        cast(null as {{ dbt.type_string() }}) as format_rejection,
        cast(null as {{ dbt.type_string() }}) as source_record
    from {{ ref("retention", retention.source_model(input)) }}
    {%- endif %}
    {%- if retention.input_of_records(input) == input %}

    union all

    select
        {%- for column in columns %}
        {{ "null" if column.endswith("_stored") else "cast(null as " ~ dbt.type_string() ~ ")" }} as {{ column }},
        {%- endfor %}
        1 as source_rows,
        0 as source_amount,
        0 as duplicate_rows,
        0 as duplicate_amount,
        damage as format_rejection,
        {{ retention.damaged_row_as_json() }} as source_record
    from {{ ref("retention", "stg_retention__damaged_rows") }}
    where input = '{{ input }}'
    {%- endif %}
{% endmacro %}


{#- Where a damaged row is and how it begins, so that it can be found; all of it could hold names. -#}
{% macro damaged_row_as_json() -%}
    {{ retention.redact_emails(retention.json_object(["file", "row_begins_with", "row_hash"])) }}
{%- endmacro %}


{#- The model that reads an input as text: the source format's own, else the one for the columns of the
    public interface. -#}
{% macro source_model(input) %}
    {% set format = var("source_format") if retention.is_made_by_format(input) else "generic" %}
    {{ return("stg_retention__" ~ format ~ "_" ~ input | replace("raw_", "")) }}
{% endmacro %}


{#- The rows of an input, counted, and their money. Orders are counted day by day already; where several rows of
    an export make one order, these rows are. -#}
{% macro counted_rows(input) %}
    {%- if retention.has_row_accounting() and input == "raw_orders" -%}
    select
        count(*) as rows_counted,
        sum(source_amount) as amount
    from {{ ref("retention", "stg_retention__" ~ var("source_format") ~ "_rows") }}
    union all
    select
        count(*) as rows_counted,
        0 as amount
    from {{ ref("retention", "stg_retention__damaged_rows") }}
    where input = '{{ input }}'
    {%- elif input == "raw_orders" -%}
    select
        records as rows_counted,
        amount
    from {{ ref("retention", "stg_retention__order_days") }}
    {%- elif retention.input_of_records(input) == input -%}
    select
        count(*) as rows_counted,
        sum(source_amount) as amount
    from (
        {{ retention.source_records(input) }}
    ) as source_records
    {%- else -%}
    select
        0 as rows_counted,
        0 as amount
    {%- endif -%}
{% endmacro %}


{#- The columns of a judged record that say what became of the rows it was made of. -#}
{% macro row_accounting(input, kinds={}) -%}
    cast(source_rows as {{ dbt.type_bigint() }}) as source_rows,
        {#- The type of a sum takes DuckDB many times longer to read; only where a record has several rows is it one. #}
        cast(
            source_amount as {{ retention.type_money() if retention.has_row_accounting() else retention.type_amount() }}
        ) as source_amount,
        cast(duplicate_rows as {{ dbt.type_bigint() }}) as duplicate_rows,
        cast(duplicate_amount as {{ retention.type_money() }}) as duplicate_amount,
        reason as rejection_reason,
        case when reason is not null then coalesce(source_record, {{ retention.raw_record(input, kinds) }}) end as raw_record
{%- endmacro %}
