{{ config(enabled=(var("source_format") == "woocommerce")) }}

-- One row a distinct row of the export, and whether it is an order or the refund of one. Both carry the
-- order's number; the refund comes later and takes nothing in. Names of customers end here.

{%- set texts = retention.export_columns()["woocommerce"] | list + retention.attribute_columns() %}

with

export_rows as (
    select * from {{ ref("stg_retention__woocommerce_rows") }}
),

distinct_rows as (
    select
        {{ texts | join(",\n        ") }},
        amount,
        amount_value,
        row_time,
        source_amount,
        count(*) - 1 as duplicate_rows
    from export_rows
    group by {{ texts | join(", ") }}, amount, amount_value, row_time, source_amount
),

placed as (
    select
        *,
        row_number() over (
            partition by order_number
            order by row_time, amount_value desc, {{ texts | join(", ") }}
        ) as place_in_order
    from distinct_rows
),

sorted as (
    select
        *,
        coalesce(amount_value < 0 or (amount_value = 0 and place_in_order > 1), false) as is_refund
    from placed
),

final as (
    select
        dated,
        order_number,
        amount,
        amount_value,
        case when lower(status) like 'wc-%' then substring(status, 4) else status end as status,
        {{ retention.hash_name("customer") }} as customer_hash,
        {%- for attribute in retention.attribute_columns() %}
        {{ attribute }},
        {%- endfor %}
        is_refund,
        row_number() over (
            partition by order_number, is_refund
            order by place_in_order
        ) as number_in_order,
        1 as source_rows,
        source_amount,
        duplicate_rows,
        duplicate_rows * source_amount as duplicate_amount,
        cast(null as {{ dbt.type_string() }}) as format_rejection
    from sorted
)

select * from final
