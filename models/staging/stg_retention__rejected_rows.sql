{{ config(materialized="view") }}

{%- set columns = retention.input_columns("raw_rejected_rows") %}

-- Rows of files that `python3 retention.py build` could not read or use, with the reason it gave.

select
    -- ids
    {{ retention.text_column(columns, "record_id") }} as record_id,

    -- texts
    {{ retention.text_column(columns, "input") }} as input,
    {{ retention.text_column(columns, "reason") }} as reason,
    coalesce({{ retention.text_column(columns, "raw_record") }}, '{}') as raw_record,

    -- amounts
    coalesce({{ retention.amount_column(columns, "amount") }}, 0) as amount
from {{ retention.input_source("raw_rejected_rows") }}
