-- Ids of the orders that an incremental run derives anew: those with records on days that changed, as they
-- came in now or as the last run left them, and those that are judged by something besides their records. All
-- records without an id go by the empty text. A run that builds everything anew needs no list.

{%- set kinds = retention.stored_kinds("raw_orders") %}
{#- Said in every case, so that dbt knows what comes first. #}
{%- set order_days = ref("stg_retention__order_days") %}
{%- set source_records = retention.source_records("raw_orders") %}
{%- set rated = retention.with_exchange_rate("last_records", "currency", "order_date", kinds) %}
{%- set last_records = retention.of_last_run("stg_retention__order_records", "staging") %}

with

{% if retention.continues_last_run() -%}
changed_days as (
    select source_day from {{ order_days }}
    where is_changed
),

source_records as {{ retention.read_each_time("raw_orders") }} (
    {{ source_records }}
),

last_records as (
    select
        order_id,
        source_day,
        currency,
        order_date,
        exchange_rate as last_rate,
        reporting_currency as last_currency,
        rejection_reason
    from {{ last_records }}
),

rated as (
    {{ rated }}
),

changed as (
    select coalesce(order_id, '') as order_id
    from source_records
    where {{ retention.is_of_days("changed_days", kinds) }}

    {{ retention.union_distinct() }}

    select coalesce(order_id, '') as order_id
    from last_records
    where last_records.source_day in (select changed_days.source_day from changed_days)

    {{ retention.union_distinct() }}

    -- The day after tomorrow comes, and rates and currencies are given later or otherwise.
    select coalesce(order_id, '') as order_id
    from rated
    where
        (
            rejection_reason = 'ordered_at is in the future'
            and order_date <= {{ dbt.dateadd("day", 1, "current_date") }}
        )
        or coalesce(last_rate, -1) <> coalesce(exchange_rate, -1)
        or coalesce(last_currency, '') <> coalesce(reporting_currency, '')
),
{%- else -%}
changed as (
    select cast(null as {{ dbt.type_string() }}) as order_id
    where 1 = 0
),
{%- endif %}

final as (
    select order_id from changed
)

select * from final
