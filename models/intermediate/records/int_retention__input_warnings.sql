-- Oddities in an input whose rows are used anyway, and the first warning to show: one row per input.

with

input_rows as (
    select
        'raw_orders' as input,
        count(*) as input_rows
    from {{ ref("stg_retention__orders") }}

    union all

    select
        'raw_order_lines' as input,
        count(*) as input_rows
    from {{ ref("stg_retention__order_lines") }}

    union all

    select
        'raw_customers' as input,
        count(*) as input_rows
    from {{ ref("stg_retention__customers") }}

    union all

    select
        'raw_refunds' as input,
        count(*) as input_rows
    from {{ ref("stg_retention__refunds") }}
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
        'no customer_id in raw_customers occurs in the orders' as warning_of_none
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
        'no order_id in raw_refunds occurs in the orders' as warning_of_none
    from {{ ref("int_retention__refund_records") }}
    where not is_copy

    union all

    select
        'raw_order_lines' as input,
        count(*) as matched_records,
        'no order_id in raw_order_lines occurs in the orders' as warning_of_none
    from {{ ref("int_retention__order_line_records") }}
    where rejection_reason is null
),

undecided as (
    select
        'raw_orders' as input,
        coalesce(sum(case when is_undecided then 1 else 0 end), 0) as undecided_versions
    from {{ ref("int_retention__repeated_orders") }}
),

-- Customers from before the data begin are not new, although their first order here makes them look new.
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
        and customers.created_date < {{ retention.history_starts_on() }}
),

{% if retention.has_own_windows() -%}
-- A window given in words would otherwise silently fall back to the general one.
windows as (
    select
        'raw_orders' as input,
        activity_window
    from {{ ref("stg_retention__orders") }}

    union all

    select
        'raw_customers' as input,
        activity_window
    from {{ ref("stg_retention__customers") }}
),

unread_windows as (
    select
        input,
        count(*) as unread_windows
    from windows
    where
        {{ retention.window_in("activity_window") }} is null
        and not {{ retention.matches_pattern("activity_window", "^0+([.]0*)?$") }}
    group by 1
),

{% endif -%}
shared as (
    select
        'raw_orders' as input,
        coalesce(sum(case when is_shared then 1 else 0 end), 0) as shared_identifiers
    from {{ ref("int_retention__customer_identities") }}
),

counted as (
    select
        input_rows.input,
        of_orders.unattributed,
        of_orders.discounts_above_goods,
        of_refunds.refunds_above_order,
        undecided.undecided_versions,
        shared.shared_identifiers,
        before_history.customers_before_history,
        matched.matched_records,
        {{ "coalesce(unread_windows.unread_windows, 0)" if retention.has_own_windows() else "0" }} as unread_windows,
        case
            when matched.matched_records = 0 and input_rows.input_rows > 0
                then {{ dbt.concat([
                    "matched.warning_of_none", "'; compare how both are written, such as 17.0 and 17, or A-17 and 17'"
                ]) }}
        end as match_warning
    from input_rows
    left join of_orders
        on input_rows.input = of_orders.input
    left join of_refunds
        on input_rows.input = of_refunds.input
    left join undecided
        on input_rows.input = undecided.input
    left join shared
        on input_rows.input = shared.input
    left join matched
        on input_rows.input = matched.input
    left join before_history
        on input_rows.input = before_history.input
    {%- if retention.has_own_windows() %}
    left join unread_windows
        on input_rows.input = unread_windows.input
    {%- endif %}
),

final as (
    select
        input,
        unattributed,
        discounts_above_goods,
        refunds_above_order,
        matched_records,
        undecided_versions,
        shared_identifiers,
        customers_before_history,
        case
            when match_warning is not null then match_warning
            when unread_windows > 0
                then {{ dbt.concat([
                    "'rows without a number of days in activity_window_column, for which activity_window_days is used: '",
                    "cast(unread_windows as " ~ dbt.type_string() ~ ")",
                ]) }}
            when shared_identifiers > 0
                then {{ dbt.concat([
                    "'ids or addresses that occur with more than " ~ var("identity_link_limit")
                    ~ " others and therefore link no customers (see identity_link_limit and unidentified_values): '",
                    "cast(shared_identifiers as " ~ dbt.type_string() ~ ")",
                ]) }}
            when undecided_versions > 0
                then {{ dbt.concat([
                    "'rows that differ from another with the same order_id, with nothing to show which is newer (add updated_at or loaded_at): '",
                    "cast(undecided_versions as " ~ dbt.type_string() ~ ")",
                ]) }}
            when refunds_above_order > 0
                then {{ dbt.concat([
                    "'refunds larger than what is left of their orders, of which only what is left is counted: '",
                    "cast(refunds_above_order as " ~ dbt.type_string() ~ ")",
                ]) }}
            when customers_before_history > 0
                then {{ dbt.concat([
                    "'customers created before the data begin, who count as new on their first order in the data: '",
                    "cast(customers_before_history as " ~ dbt.type_string() ~ ")",
                ]) }}
            when discounts_above_goods > 0
                then {{ dbt.concat([
                    "'orders with a discount larger than their gross_amount (discount_amount may include shipping or tax): '",
                    "cast(discounts_above_goods as " ~ dbt.type_string() ~ ")",
                ]) }}
        end as warning
    from counted
)

select * from final
