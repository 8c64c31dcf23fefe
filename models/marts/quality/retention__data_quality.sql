-- What happened to every input row: accepted + rejected + dropped copies = raw, in rows and in money. Each of the four is
-- counted on its own relation: raw on the input, accepted on what is used, rejected on what is listed.

{#- Without exchange rates amounts are those of the input, and the orders table is faster to read than the records. #}
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
        'raw_order_lines' as input,
        count(*) as raw,
        coalesce(sum(amount), 0) as raw_amount
    from {{ ref("stg_retention__order_lines") }}

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
    {%- if retention.input_kind("raw_annotations") != "none" %}

    union all

    select
        'raw_annotations' as input,
        count(*) as raw,
        0 as raw_amount
    from {{ ref("stg_retention__annotations") }}
    {%- endif %}
),

-- Rows of files that could not be read are input rows too.
unread as (
    select
        input,
        count(*) as unread,
        sum(amount) as unread_amount
    from {{ ref("stg_retention__rejected_rows") }}
    group by 1
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
        'raw_order_lines' as input,
        count(*) as accepted,
        coalesce(sum(amount), 0) as accepted_amount
    from {{ ref("int_retention__order_line_records") }}
    where rejection_reason is null

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

    union all

    select
        'raw_annotations' as input,
        count(*) as accepted,
        0 as accepted_amount
    from {{ ref("int_retention__annotation_records") }}
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

    union all

    select
        'raw_annotations' as input,
        count(*) as duplicates_dropped,
        0 as duplicates_dropped_amount
    from {{ ref("int_retention__annotation_records") }}
    where is_copy
),

warnings as (
    select * from {{ ref("int_retention__input_warnings") }}
),

-- Orders refunded according to their status, where no refund says how much.
paid_back as (
    select
        'raw_orders' as input,
        sum(records) as paid_back
    from {{ ref("retention__order_statuses") }}
    where
        treatment = 'purchase'
        and {{ retention.is_one_of("status", ["refunded", "returned"]) }}
        and (select count(*) from {{ ref("int_retention__refund_records") }}) = 0
),

final as (
    select
        raw.input,
        cast(raw.raw + coalesce(unread.unread, 0) as {{ dbt.type_bigint() }}) as raw,
        cast(coalesce(accepted.accepted, 0) as {{ dbt.type_bigint() }}) as accepted,
        cast(coalesce(rejected.rejected, 0) as {{ dbt.type_bigint() }}) as rejected,
        cast(coalesce(copies.duplicates_dropped, 0) as {{ dbt.type_bigint() }}) as duplicates_dropped,
        cast(raw.raw_amount + coalesce(unread.unread_amount, 0) as {{ retention.type_money() }}) as raw_amount,
        cast(coalesce(accepted.accepted_amount, 0) as {{ retention.type_money() }}) as accepted_amount,
        cast(coalesce(rejected.rejected_amount, 0) as {{ retention.type_money() }}) as rejected_amount,
        cast(coalesce(copies.duplicates_dropped_amount, 0) as {{ retention.type_money() }}) as duplicates_dropped_amount,
        cast(warnings.unattributed as {{ dbt.type_bigint() }}) as unattributed,
        cast(warnings.discounts_above_goods as {{ dbt.type_bigint() }}) as discounts_above_goods,
        cast(warnings.refunds_above_order as {{ dbt.type_bigint() }}) as refunds_above_order,
        cast(warnings.matched_records as {{ dbt.type_bigint() }}) as matched_records,
        cast(warnings.undecided_versions as {{ dbt.type_bigint() }}) as undecided_versions,
        cast(warnings.shared_identifiers as {{ dbt.type_bigint() }}) as shared_identifiers,
        cast(warnings.customers_before_history as {{ dbt.type_bigint() }}) as customers_before_history,
        case
            when warnings.warning is null and paid_back.paid_back > 0
                then {{ dbt.concat([
                    "'orders refunded or returned by their status, which count in full as no refund says how much (add raw_refunds): '",
                    "cast(paid_back.paid_back as " ~ dbt.type_string() ~ ")",
                ]) }}
            else warnings.warning
        end as warning
    from raw
    left join unread
        on raw.input = unread.input
    left join accepted
        on raw.input = accepted.input
    left join rejected
        on raw.input = rejected.input
    left join copies
        on raw.input = copies.input
    left join warnings
        on raw.input = warnings.input
    left join paid_back
        on raw.input = paid_back.input
)

select * from final
