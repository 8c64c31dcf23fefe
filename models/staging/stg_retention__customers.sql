{{ config(materialized="view") }}

{%- set columns = retention.input_columns("raw_customers") %}
{%- set found = retention.found_columns("raw_customers") %}

-- Every customer row in the input, typed, with the first reason why it cannot be used, if any.

with

typed as (
    select
        -- ids
        {{ retention.customer_id_column(columns, "customer_id") }} as customer_id,
        {{ retention.customer_id_column(columns, "referred_by_customer_id") }} as referred_by_customer_id,
        {{ retention.address_column(columns) }} as address_hash,

        -- texts
        {{ retention.email_kind(columns) }} as email_kind,
        {{ retention.file_column(found) }} as source_file,
        {%- for dimension in retention.segment_columns() %}
        {{ retention.attribute_column(found, dimension) }} as attribute_{{ loop.index }},
        {%- endfor %}
        {%- if retention.has_own_windows() %}
        {{ retention.attribute_column(found, var("activity_window_column")) }} as activity_window,
        {%- endif %}

        -- times
        {{ retention.time_column(columns, "created_at") }} as created_at,
        {{ retention.date_column(columns, "created_at") }} as created_date,
        {{ retention.time_column(columns, "updated_at") }} as updated_at,
        {{ retention.time_column(columns, "loaded_at") }} as loaded_at
    from {{ retention.input_source("raw_customers") }}
),

checked as (
    select
        *,
        case
            {{- retention.reject_empty("customer_id") }}
        end as rejection_reason
    from typed
),

final as (
    select
        *,
        case when rejection_reason is not null then {{ retention.raw_record(["customer_id"], values=["created_at"]) }} end as raw_record
    from checked
)

select * from final
