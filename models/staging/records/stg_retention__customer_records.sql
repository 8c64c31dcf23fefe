-- Every distinct customer record that came in, with the reason why it is not used, if there is one.

{%- set kinds = retention.stored_kinds("raw_customers") %}

with

source_records as {{ retention.read_each_time("raw_customers") }} (
    {{ retention.source_records("raw_customers") }}
),

distinct_records as {{ retention.not_materialized() }} (
    {{ retention.distinct_records("source_records", "customer_id", retention.stored_columns("raw_customers", kinds)) }}
),

checked as {{ retention.not_materialized() }} (
    select
        *,
        coalesce({{ retention.stored_time("created_at", kinds) }}, cast('1900-01-01' as timestamp)) as creation_time,
        case
            {{- retention.reject_by_format() }}
            {{- retention.reject_empty("customer_id") }}
        end as rejection_reason
    from distinct_records
),

settled as (
    {{ retention.settle_versions("checked", "raw_customers", "creation_time", kinds=kinds) }}
),

judged as (
    select
        *,
        case
            when version > 1 then 'another record of this customer_id is used'
            else rejection_reason
        end as reason
    from settled
),

final as (
    select
        {{ retention.private_id("customer_id") }} as customer_id,
        {{ retention.private_id(retention.stored_text("referred_by_customer_id", kinds)) }} as referred_by_customer_id,
        {{ retention.hash_email(retention.stored_text("email", kinds)) }} as email_hash,
        {%- for attribute in retention.attribute_columns() %}
        {{ attribute }},
        {%- endfor %}
        {{ retention.row_accounting("raw_customers", kinds) }}
    from judged
)

select * from final
