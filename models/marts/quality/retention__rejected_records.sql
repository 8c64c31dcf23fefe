-- Every input row that is not used, with the first reason why. Exact copies are counted, not listed.

with

rejected as (
    select
        'raw_orders' as input,
        coalesce(source_amount, 0) as amount,
        order_id as record_id,
        rejection_reason as reason,
        raw_record
    from {{ ref("int_retention__order_records") }}
    where rejection_reason is not null and not is_copy

    union all

    select
        'raw_order_lines' as input,
        coalesce(amount, 0) as amount,
        order_id as record_id,
        rejection_reason as reason,
        raw_record
    from {{ ref("int_retention__order_line_records") }}
    where rejection_reason is not null

    union all

    select
        input,
        amount,
        record_id,
        reason,
        raw_record
    from {{ ref("stg_retention__rejected_rows") }}

    union all

    select
        'raw_customers' as input,
        0 as amount,
        customer_id as record_id,
        rejection_reason as reason,
        raw_record
    from {{ ref("int_retention__customer_records") }}
    where rejection_reason is not null and not is_copy

    union all

    select
        'raw_refunds' as input,
        coalesce(source_amount, 0) as amount,
        refund_id as record_id,
        rejection_reason as reason,
        raw_record
    from {{ ref("int_retention__refund_records") }}
    where rejection_reason is not null and not is_copy

    union all

    select
        'raw_costs' as input,
        coalesce(source_amount, 0) as amount,
        cast(null as {{ dbt.type_string() }}) as record_id,
        rejection_reason as reason,
        raw_record
    from {{ ref("int_retention__cost_records") }}
    where rejection_reason is not null

    union all

    select
        'raw_exchange_rates' as input,
        0 as amount,
        cast(null as {{ dbt.type_string() }}) as record_id,
        rejection_reason as reason,
        raw_record
    from {{ ref("int_retention__exchange_rate_records") }}
    where rejection_reason is not null and not is_copy

    union all

    select
        'raw_survey_responses' as input,
        0 as amount,
        response_id as record_id,
        rejection_reason as reason,
        raw_record
    from {{ ref("int_retention__survey_response_records") }}
    where rejection_reason is not null and not is_copy

    union all

    select
        'raw_annotations' as input,
        0 as amount,
        cast(null as {{ dbt.type_string() }}) as record_id,
        rejection_reason as reason,
        raw_record
    from {{ ref("int_retention__annotation_records") }}
    where rejection_reason is not null and not is_copy
),

-- Records without an id can be identical in all columns shown here, so they are numbered.
final as (
    select
        input,
        cast(
            row_number() over (partition by input order by reason, raw_record) as {{ dbt.type_bigint() }}
        ) as record_number,
        record_id,
        reason,
        cast(1 as {{ dbt.type_bigint() }}) as source_rows,
        raw_record,
        cast(amount as {{ retention.type_money() }}) as amount
    from rejected
)

select * from final
