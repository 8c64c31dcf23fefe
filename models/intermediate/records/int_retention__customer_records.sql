-- Every customer row in the input, and its outcome: used, a copy, or the first reason why it is not used. Of
-- differing rows of one customer, the newest is used: by updated_at, loaded_at, file name, then created_at.

with

customers as (
    select * from {{ ref("stg_retention__customers") }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by
                customer_id, referred_by_customer_id, address_hash, created_at, updated_at, loaded_at, email_kind,
                {%- for attribute in retention.carried_columns() %}
                {{ attribute }},
                {%- endfor %}
                raw_record
            order by coalesce(source_file, '') desc
        ) as copy_number
    from customers
),

versioned as (
    select
        *,
        row_number() over (
            partition by customer_id, copy_number, rejection_reason is null
            order by
                -- A version that is valid only from a later date does not apply yet.
                case when updated_at >= {{ dbt.dateadd("day", 2, "current_date") }} then 1 else 0 end,
                coalesce(updated_at, cast('1900-01-01' as timestamp)) desc,
                coalesce(loaded_at, cast('1900-01-01' as timestamp)) desc,
                coalesce(source_file, '') desc,
                coalesce(created_at, cast('1900-01-01' as timestamp)) desc,
                {%- for attribute in retention.carried_columns() %}
                coalesce({{ attribute }}, '') desc,
                {%- endfor %}
                coalesce(referred_by_customer_id, '') desc,
                coalesce(address_hash, '') desc,
                coalesce(email_kind, '') desc
        ) as version
    from numbered
),

final as (
    select
        customer_id,
        referred_by_customer_id,
        address_hash,
        email_kind,
        created_at,
        created_date,
        {%- for attribute in retention.carried_columns() %}
        {{ attribute }},
        {%- endfor %}
        copy_number > 1 as is_copy,
        case
            when rejection_reason is not null then rejection_reason
            when copy_number = 1 and version > 1 then 'another record of this customer_id is used'
        end as rejection_reason,
        case
            when rejection_reason is not null then raw_record
            when copy_number = 1 and version > 1
                then {{ retention.raw_record(["customer_id"], values=["created_at", "updated_at"]) }}
        end as raw_record
    from versioned
)

select * from final
