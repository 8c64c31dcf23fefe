{{ config(
    materialized=retention.incremental(),
    unique_key="source_day",
    incremental_strategy=("delete+insert" if retention.incremental() == "incremental" else none),
) }}

-- What came in of each day: how many records, their money, and a number that stands for all that they say. Where
-- the number of records or that number differs from the last run, records were added, changed or taken away.

{%- set kinds = retention.stored_kinds("raw_orders") %}

with

source_records as (
    {{ retention.source_records("raw_orders") }}
),

records_by_day as (
    select
        {{ retention.day_of_record(kinds) }} as day_of_record,
        count(*) as records,
        sum(source_amount) as amount,
        sum({{ retention.row_fingerprint(retention.deciding_columns(kinds)) }}) as fingerprint
    from source_records
    group by 1
),

-- Texts that are no dates can begin alike, so that two of these days are one.
days as (
    select
        {{ retention.source_day("day_of_record") }} as source_day,
        sum(records) as records,
        sum(amount) as amount,
        sum(fingerprint) as fingerprint
    from records_by_day
    group by 1
),

{% if is_incremental() -%}
last_run as (
    select * from {{ this }}
),

compared as (
    select
        coalesce(days.source_day, last_run.source_day) as source_day,
        coalesce(days.records, 0) as records,
        coalesce(days.amount, 0) as amount,
        coalesce(days.fingerprint, 0) as fingerprint,
        coalesce(days.records, 0) <> coalesce(last_run.records, 0)
        or coalesce(days.fingerprint, 0) <> coalesce(last_run.fingerprint, 0) as is_changed
    from days
    full outer join last_run
        on days.source_day = last_run.source_day
),
{%- else -%}
compared as (
    select
        *,
        true as is_changed
    from days
),
{%- endif %}

final as (
    select
        source_day,
        cast(records as {{ dbt.type_bigint() }}) as records,
        cast(amount as {{ retention.type_money() }}) as amount,
        cast(fingerprint as {{ retention.type_fingerprint() }}) as fingerprint,
        is_changed
    from compared
)

select * from final
