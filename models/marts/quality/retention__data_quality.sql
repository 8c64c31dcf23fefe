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
),

-- Rows of files that could not be read came in, too.
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

buyers as (
    select distinct customer_number
    from {{ ref("int_retention__orders") }}
    where is_purchase and customer_number is not null
),

matched as (
    select
        'raw_customers' as input,
        count(buyers.customer_number) as matched_records,
        'no customer_id of raw_customers is one of the orders' as warning_of_none
    from {{ ref("int_retention__customer_records") }} as customers
    inner join {{ ref("int_retention__customer_identities") }} as ids
        on customers.customer_id = ids.identifier and ids.identifier_type = 'customer_id'
    left join buyers
        on ids.customer_number = buyers.customer_number
    where customers.rejection_reason is null and not customers.is_copy

    union all

    select
        'raw_refunds' as input,
        count(order_date) as matched_records,
        'no order_id of raw_refunds is one of the orders' as warning_of_none
    from {{ ref("int_retention__refund_records") }}
    where not is_copy

    union all

    select
        'raw_order_lines' as input,
        count(*) as matched_records,
        'no order_id of raw_order_lines is one of the orders' as warning_of_none
    from {{ ref("int_retention__order_line_records") }}
    where rejection_reason is null
),

undecided as (
    select
        'raw_orders' as input,
        coalesce(sum(case when is_undecided then 1 else 0 end), 0) as undecided_versions
    from {{ ref("int_retention__repeated_orders") }}
),

-- Customers who were there before the data begin are not new, although their first order here makes them look so.
before_history as (
    select
        'raw_customers' as input,
        count(buyers.customer_number) as customers_before_history
    from {{ ref("int_retention__customer_records") }} as customers
    inner join {{ ref("int_retention__customer_identities") }} as ids
        on customers.customer_id = ids.identifier and ids.identifier_type = 'customer_id'
    inner join buyers
        on ids.customer_number = buyers.customer_number
    cross join {{ ref("int_retention__reporting_dates") }} as reporting_dates
    where
        customers.rejection_reason is null
        and not customers.is_copy
        {%- if var("history_starts_on") %}
        and customers.created_at < cast({{ retention.text_literal(var("history_starts_on")) }} as timestamp)
        {%- else %}
        and customers.created_at < cast(reporting_dates.first_order_date as timestamp)
        {%- endif %}
),

shared as (
    select
        'raw_orders' as input,
        coalesce(sum(case when is_shared then 1 else 0 end), 0) as shared_identifiers
    from {{ ref("int_retention__customer_identities") }}
),

counted as (
    select
        raw.input,
        raw.raw,
        coalesce(of_orders.discounts_above_goods, 0) as discounts_above_goods,
        coalesce(of_refunds.refunds_above_order, 0) as refunds_above_order,
        coalesce(undecided.undecided_versions, 0) as undecided_versions,
        coalesce(shared.shared_identifiers, 0) as shared_identifiers,
        coalesce(before_history.customers_before_history, 0) as customers_before_history,
        case
            when matched.matched_records = 0 and raw.raw > 0
                then {{ dbt.concat([
                    "matched.warning_of_none", "'; compare how both are written, such as 17.0 and 17, or A-17 and 17'"
                ]) }}
        end as match_warning
    from raw
    left join of_orders
        on raw.input = of_orders.input
    left join of_refunds
        on raw.input = of_refunds.input
    left join undecided
        on raw.input = undecided.input
    left join shared
        on raw.input = shared.input
    left join matched
        on raw.input = matched.input
    left join before_history
        on raw.input = before_history.input
),

warned as (
    select
        input,
        case
            when match_warning is not null then match_warning
            when shared_identifiers > 0
                then {{ dbt.concat([
                    "cast(shared_identifiers as " ~ dbt.type_string() ~ ")",
                    "' ids or addresses come with more than " ~ var("identity_link_limit")
                    ~ " others and link nobody; identity_link_limit and unidentified_values decide'",
                ]) }}
            when undecided_versions > 0
                then {{ dbt.concat([
                    "cast(undecided_versions as " ~ dbt.type_string() ~ ")",
                    "' rows differ from another of their order_id, and nothing says which is newer; give updated_at or loaded_at'",
                ]) }}
            when refunds_above_order > 0
                then {{ dbt.concat([
                    "cast(refunds_above_order as " ~ dbt.type_string() ~ ")",
                    "' refunds pay back more than is left of the goods of their orders; what is left counts'",
                ]) }}
            when customers_before_history > 0
                then {{ dbt.concat([
                    "cast(customers_before_history as " ~ dbt.type_string() ~ ")",
                    "' customers were there before the data begin, but count as new with their first order here'",
                ]) }}
            when discounts_above_goods > 0
                then {{ dbt.concat([
                    "cast(discounts_above_goods as " ~ dbt.type_string() ~ ")",
                    "' orders have discounts larger than their goods; discount_amount may hold shipping or tax'",
                ]) }}
        end as warning
    from counted
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
        cast(of_orders.unattributed as {{ dbt.type_bigint() }}) as unattributed,
        cast(of_orders.discounts_above_goods as {{ dbt.type_bigint() }}) as discounts_above_goods,
        cast(of_refunds.refunds_above_order as {{ dbt.type_bigint() }}) as refunds_above_order,
        cast(matched.matched_records as {{ dbt.type_bigint() }}) as matched_records,
        cast(undecided.undecided_versions as {{ dbt.type_bigint() }}) as undecided_versions,
        cast(shared.shared_identifiers as {{ dbt.type_bigint() }}) as shared_identifiers,
        cast(before_history.customers_before_history as {{ dbt.type_bigint() }}) as customers_before_history,
        warned.warning
    from raw
    left join unread
        on raw.input = unread.input
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
    left join matched
        on raw.input = matched.input
    left join undecided
        on raw.input = undecided.input
    left join shared
        on raw.input = shared.input
    left join before_history
        on raw.input = before_history.input
    left join warned
        on raw.input = warned.input
)

select * from final
