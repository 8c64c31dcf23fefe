-- The rows of orders whose id is in the input more than once. Of identical rows, all but one are copies; of differing
-- ones, the newest is used: by updated_at, loaded_at, the file whose records go on longest, then the order time. Any
-- remaining tie is undecided, and the smaller amount is used, as too little revenue is better than too much. The orders
-- are referenced directly: DuckDB would keep every row of a common table expression used twice.

with

repeated_ids as (
    select * from {{ ref("int_retention__repeated_order_ids") }}
),

-- Later exports contain later records; of two with the same last record, the later file name counts.
files as (
    select
        source_file,
        max(ordered_at) as latest_order
    from {{ ref("stg_retention__orders") }}
    where source_file is not null
    group by 1
),

repeated_rows as (
    select
        orders.*,
        files.latest_order as latest_order_of_file
    from {{ ref("stg_retention__orders") }} as orders
    inner join repeated_ids
        on orders.order_id = repeated_ids.order_id
    left join files
        on orders.source_file = files.source_file
),

-- Of copies in several files, the one in the latest file is kept, as an order can change back to an earlier state.
numbered as (
    select
        *,
        row_number() over (
            partition by
                order_id, customer_id, address_hash, status, currency, ordered_at, order_date, updated_at, loaded_at, email_kind,
                gross_amount, discount_amount,
                shipping_amount, tax_amount, cost_amount, fulfilment_cost_amount, payment_fee_amount,
                {%- for attribute in retention.carried_columns() %}
                {{ attribute }},
                {%- endfor %}
                raw_record
            order by {{ retention.latest_file_first("latest_order_of_file") }}
        ) as copy_number
    from repeated_rows
),

versioned as (
    select
        *,
        row_number() over (
            partition by order_id, copy_number, rejection_reason is null
            order by
                coalesce(updated_at, cast('1900-01-01' as timestamp)) desc,
                coalesce(loaded_at, cast('1900-01-01' as timestamp)) desc,
                {{ retention.latest_file_first("latest_order_of_file") }},
                ordered_at desc,
                order_date desc,
                gross_amount asc,
                -- The rest only makes the choice the same in every run.
                coalesce(discount_amount, -1) desc,
                coalesce(shipping_amount, -1) desc,
                coalesce(tax_amount, -1) desc,
                coalesce(cost_amount, -1) desc,
                coalesce(fulfilment_cost_amount, -1) desc,
                coalesce(payment_fee_amount, -1) desc,
                coalesce(status, '') desc,
                coalesce(currency, '') desc,
                coalesce(customer_id, '') desc,
                {%- for attribute in retention.carried_columns() %}
                coalesce({{ attribute }}, '') desc,
                {%- endfor %}
                coalesce(address_hash, '') desc,
                coalesce(email_kind, '') desc
        ) as version,
        rank() over (
            partition by order_id, copy_number, rejection_reason is null
            order by
                coalesce(updated_at, cast('1900-01-01' as timestamp)) desc,
                coalesce(loaded_at, cast('1900-01-01' as timestamp)) desc,
                {{ retention.latest_file_first("latest_order_of_file") }},
                ordered_at desc,
                order_date desc
        ) as newness
    from numbered
),

final as (
    select
        *,
        copy_number > 1 as is_copy,
        copy_number = 1 and rejection_reason is null and version > 1 as is_replaced,
        copy_number = 1 and rejection_reason is null and version > 1 and newness = 1 as is_undecided
    from versioned
)

select * from final
