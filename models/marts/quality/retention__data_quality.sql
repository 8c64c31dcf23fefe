-- What became of every row that came in: accepted + rejected + dropped copies = raw, in rows and in money. Raw is counted
-- on the input itself, not on what was made of it.

with

raw as (
    select
        'raw_orders' as input,
        count(*) as raw,
        coalesce(sum(gross_amount), 0) as raw_amount
    from {{ ref("stg_retention__orders") }}

    union all

    select
        'raw_customers' as input,
        count(*) as raw,
        0 as raw_amount
    from {{ ref("stg_retention__customers") }}

    union all

    select
        'raw_refunds' as input,
        count(*) as raw,
        coalesce(sum(amount), 0) as raw_amount
    from {{ ref("stg_retention__refunds") }}

    union all

    select
        'raw_costs' as input,
        count(*) as raw,
        coalesce(sum(amount), 0) as raw_amount
    from {{ ref("stg_retention__costs") }}

    union all

    select
        'raw_exchange_rates' as input,
        count(*) as raw,
        0 as raw_amount
    from {{ ref("stg_retention__exchange_rates") }}

    union all

    select
        'raw_survey_responses' as input,
        count(*) as raw,
        0 as raw_amount
    from {{ ref("stg_retention__survey_responses") }}
),

records as (
    select
        'raw_orders' as input,
        is_copy,
        rejection_reason is not null as is_rejected,
        coalesce(source_amount, 0) as amount
    from {{ ref("int_retention__order_records") }}

    union all

    select
        'raw_customers' as input,
        is_copy,
        rejection_reason is not null as is_rejected,
        0 as amount
    from {{ ref("int_retention__customer_records") }}

    union all

    select
        'raw_refunds' as input,
        is_copy,
        rejection_reason is not null as is_rejected,
        coalesce(source_amount, 0) as amount
    from {{ ref("int_retention__refund_records") }}

    union all

    select
        'raw_costs' as input,
        false as is_copy,
        rejection_reason is not null as is_rejected,
        coalesce(source_amount, 0) as amount
    from {{ ref("int_retention__cost_records") }}

    union all

    select
        'raw_exchange_rates' as input,
        is_copy,
        rejection_reason is not null as is_rejected,
        0 as amount
    from {{ ref("int_retention__exchange_rate_records") }}

    union all

    select
        'raw_survey_responses' as input,
        is_copy,
        rejection_reason is not null as is_rejected,
        0 as amount
    from {{ ref("int_retention__survey_response_records") }}
),

judged as (
    select
        input,
        sum(case when not is_copy and not is_rejected then 1 else 0 end) as accepted,
        sum(case when not is_copy and is_rejected then 1 else 0 end) as rejected,
        sum(case when is_copy then 1 else 0 end) as duplicates_dropped,
        sum(case when not is_copy and not is_rejected then amount else 0 end) as accepted_amount,
        sum(case when not is_copy and is_rejected then amount else 0 end) as rejected_amount,
        sum(case when is_copy then amount else 0 end) as duplicates_dropped_amount
    from records
    group by 1
),

unattributed as (
    select
        'raw_orders' as input,
        count(*) as unattributed
    from {{ ref("int_retention__orders") }}
    where is_purchase and customer_number is null
),

final as (
    select
        raw.input,
        cast(raw.raw as {{ dbt.type_bigint() }}) as raw,
        cast(coalesce(judged.accepted, 0) as {{ dbt.type_bigint() }}) as accepted,
        cast(coalesce(judged.rejected, 0) as {{ dbt.type_bigint() }}) as rejected,
        cast(coalesce(judged.duplicates_dropped, 0) as {{ dbt.type_bigint() }}) as duplicates_dropped,
        cast(raw.raw_amount as {{ retention.type_money() }}) as raw_amount,
        cast(coalesce(judged.accepted_amount, 0) as {{ retention.type_money() }}) as accepted_amount,
        cast(coalesce(judged.rejected_amount, 0) as {{ retention.type_money() }}) as rejected_amount,
        cast(coalesce(judged.duplicates_dropped_amount, 0) as {{ retention.type_money() }}) as duplicates_dropped_amount,
        cast(unattributed.unattributed as {{ dbt.type_bigint() }}) as unattributed
    from raw
    left join judged
        on raw.input = judged.input
    left join unattributed
        on raw.input = unattributed.input
)

select * from final
