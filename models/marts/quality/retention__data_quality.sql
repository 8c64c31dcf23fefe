-- What became of every row that came in: accepted + rejected + dropped copies = raw, in rows and in money. Each of the four
-- is counted on a relation of its own: raw on the input, accepted on what is used, rejected on what is listed.

{#- Without exchange rates money is what it came in as, and the table of orders is read faster than the records. #}
{%- set has_one_currency = retention.input_kind("raw_exchange_rates") == "none" %}

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

accepted as (
    select
        'raw_orders' as input,
        count(*) as accepted,
        coalesce(sum({{ "gross_revenue" if has_one_currency else "source_amount" }}), 0) as accepted_amount
    from {{ ref("int_retention__orders") if has_one_currency else ref("int_retention__order_records") }}
    where {{ "true" if has_one_currency else "rejection_reason is null and not is_copy" }}

    union all

    select
        'raw_customers' as input,
        count(*) as accepted,
        0 as accepted_amount
    from {{ ref("int_retention__customer_records") }}
    where rejection_reason is null and not is_copy

    union all

    select
        'raw_refunds' as input,
        count(*) as accepted,
        coalesce(sum(source_amount), 0) as accepted_amount
    from {{ ref("int_retention__refund_records") }}
    where rejection_reason is null and not is_copy

    union all

    select
        'raw_costs' as input,
        count(*) as accepted,
        coalesce(sum(source_amount), 0) as accepted_amount
    from {{ ref("int_retention__cost_records") }}
    where rejection_reason is null

    union all

    select
        'raw_exchange_rates' as input,
        count(*) as accepted,
        0 as accepted_amount
    from {{ ref("int_retention__exchange_rate_records") }}
    where rejection_reason is null and not is_copy

    union all

    select
        'raw_survey_responses' as input,
        count(*) as accepted,
        0 as accepted_amount
    from {{ ref("int_retention__survey_response_records") }}
    where rejection_reason is null and not is_copy
),

rejected as (
    select
        input,
        count(*) as rejected,
        sum(amount) as rejected_amount
    from {{ ref("retention__rejected_records") }}
    group by 1
),

copies as (
    select
        'raw_orders' as input,
        count(*) as duplicates_dropped,
        coalesce(sum(gross_amount), 0) as duplicates_dropped_amount
    from {{ ref("int_retention__repeated_orders") }}
    where is_copy

    union all

    select
        'raw_customers' as input,
        count(*) as duplicates_dropped,
        0 as duplicates_dropped_amount
    from {{ ref("int_retention__customer_records") }}
    where is_copy

    union all

    select
        'raw_refunds' as input,
        count(*) as duplicates_dropped,
        coalesce(sum(source_amount), 0) as duplicates_dropped_amount
    from {{ ref("int_retention__refund_records") }}
    where is_copy

    union all

    select
        'raw_exchange_rates' as input,
        count(*) as duplicates_dropped,
        0 as duplicates_dropped_amount
    from {{ ref("int_retention__exchange_rate_records") }}
    where is_copy

    union all

    select
        'raw_survey_responses' as input,
        count(*) as duplicates_dropped,
        0 as duplicates_dropped_amount
    from {{ ref("int_retention__survey_response_records") }}
    where is_copy
),

of_orders as (
    select
        'raw_orders' as input,
        coalesce(sum(case when is_purchase and customer_number is null then 1 else 0 end), 0) as unattributed,
        coalesce(sum(case when discounts > gross_revenue then 1 else 0 end), 0) as discounts_above_goods
    from {{ ref("int_retention__orders") }}
),

of_refunds as (
    select
        'raw_refunds' as input,
        coalesce(sum(case when is_above_order then 1 else 0 end), 0) as refunds_above_order
    from {{ ref("int_retention__refund_records") }}
),

final as (
    select
        raw.input,
        cast(raw.raw as {{ dbt.type_bigint() }}) as raw,
        cast(coalesce(accepted.accepted, 0) as {{ dbt.type_bigint() }}) as accepted,
        cast(coalesce(rejected.rejected, 0) as {{ dbt.type_bigint() }}) as rejected,
        cast(coalesce(copies.duplicates_dropped, 0) as {{ dbt.type_bigint() }}) as duplicates_dropped,
        cast(raw.raw_amount as {{ retention.type_money() }}) as raw_amount,
        cast(coalesce(accepted.accepted_amount, 0) as {{ retention.type_money() }}) as accepted_amount,
        cast(coalesce(rejected.rejected_amount, 0) as {{ retention.type_money() }}) as rejected_amount,
        cast(coalesce(copies.duplicates_dropped_amount, 0) as {{ retention.type_money() }}) as duplicates_dropped_amount,
        cast(of_orders.unattributed as {{ dbt.type_bigint() }}) as unattributed,
        cast(of_orders.discounts_above_goods as {{ dbt.type_bigint() }}) as discounts_above_goods,
        cast(of_refunds.refunds_above_order as {{ dbt.type_bigint() }}) as refunds_above_order
    from raw
    left join accepted
        on raw.input = accepted.input
    left join rejected
        on raw.input = rejected.input
    left join copies
        on raw.input = copies.input
    left join of_orders
        on raw.input = of_orders.input
    left join of_refunds
        on raw.input = of_refunds.input
)

select * from final
