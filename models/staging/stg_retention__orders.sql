{{ config(materialized=retention.long_view()) }}

{%- set columns = retention.input_columns("raw_orders") %}
{%- set found = retention.found_columns("raw_orders") %}
{%- set has_lines = retention.input_kind("raw_order_lines") != "none" %}
{%- set tells_tax = retention.tells_tax(columns) %}
{%- set charged = "charged_" if tells_tax else "" %}

-- Every order row in the input, typed, with the first reason why it cannot be used, if any.

with

typed as (
    select
        -- ids
        {{ retention.order_id_column(columns) }} as order_id,
        {{ retention.customer_id_column(columns, "customer_id") }} as customer_id,
        {{ retention.address_column(columns) }} as address_hash,

        -- texts
        {{ retention.email_kind(columns) }} as email_kind,
        {{ retention.file_column(found) }} as source_file,
        {{ retention.lowercase(retention.text_column(columns, "status")) }} as status,
        upper({{ retention.text_column(columns, "currency") }}) as currency,
        {%- for dimension in retention.segment_columns() %}
        {{ retention.attribute_column(found, dimension) }} as attribute_{{ loop.index }},
        {%- endfor %}
        {%- if retention.has_own_windows() %}
        {{ retention.attribute_column(found, var("activity_window_column")) }} as activity_window,
        {%- endif %}

        -- times
        {{ retention.time_column(columns, "ordered_at") }} as ordered_at,
        {{ retention.date_column(columns, "ordered_at") }} as order_date,
        {{ retention.time_column(columns, "updated_at") }} as updated_at,
        {{ retention.time_column(columns, "loaded_at") }} as loaded_at,

        -- amounts
        {%- if has_lines %}
        coalesce({{ retention.amount_column(columns, "gross_amount") }}, line_totals.amount_of_lines) as {{ charged }}gross_amount,
        coalesce({{ retention.unsigned_amount_column(columns, "discount_amount") }}, line_totals.discount_amount_of_lines)
            as {{ charged }}discount_amount,
        coalesce({{ retention.unsigned_amount_column(columns, "cost_amount") }}, line_totals.cost_amount_of_lines) as cost_amount,
        coalesce(line_totals.has_unusable_line, false) as has_unusable_line,
        {%- else %}
        {{ retention.amount_column(columns, "gross_amount") }} as {{ charged }}gross_amount,
        {{ retention.unsigned_amount_column(columns, "discount_amount") }} as {{ charged }}discount_amount,
        {{ retention.unsigned_amount_column(columns, "cost_amount") }} as cost_amount,
        false as has_unusable_line,
        {%- endif %}
        {{ retention.amount_column(columns, "shipping_amount") }} as {{ charged }}shipping_amount,
        {{ retention.amount_column(columns, "tax_amount") }} as tax_amount,
        {%- if tells_tax %}
        {{ retention.amount_column(columns, "total_amount") }} as total_amount,
        {{ retention.says_tax_included(columns) }} as says_tax_included,
        {%- endif %}
        {{ retention.unsigned_amount_column(columns, "fulfilment_cost_amount") }} as fulfilment_cost_amount,
        {{ retention.unsigned_amount_column(columns, "payment_fee_amount") }} as payment_fee_amount,

        -- what times and amounts were read from
        {{ retention.written_text(columns, "ordered_at") }} as ordered_at_text,
        {{ retention.written_text(columns, "gross_amount") }} as gross_amount_text,
        {{ retention.written_text(columns, "discount_amount") }} as discount_amount_text,
        {{ retention.written_text(columns, "shipping_amount") }} as shipping_amount_text,
        {{ retention.written_text(columns, "tax_amount") }} as tax_amount_text,
        {{ retention.written_text(columns, "cost_amount") }} as cost_amount_text,
        {{ retention.written_text(columns, "fulfilment_cost_amount") }} as fulfilment_cost_amount_text,
        {{ retention.written_text(columns, "payment_fee_amount") }} as payment_fee_amount_text
    from {{ retention.input_source("raw_orders") }}
    cross join {{ ref("stg_retention__amount_signs") }} as amount_signs
    {%- if has_lines %}
    left join {{ ref("stg_retention__order_line_totals") }} as line_totals
        on {{ retention.order_id_column(columns) }} = line_totals.order_id_of_lines
    {%- endif %}
),

{% if tells_tax -%}
read as (
    select
        *,
        charged_gross_amount - coalesce(charged_discount_amount, 0) + coalesce(charged_shipping_amount, 0) as whole,
        total_amount - charged_gross_amount + coalesce(charged_discount_amount, 0) - coalesce(charged_shipping_amount, 0)
            as rest_of_total
    from typed
),

-- What a total says of the tax is only known where there is some.
told as (
    select
        *,
        case when abs(tax_amount) > 0.05 and abs(rest_of_total) <= 0.02 then 1 else 0 end as has_no_room_for_tax,
        case when abs(tax_amount) > 0.05 and abs(rest_of_total - tax_amount) <= 0.02 then 1 else 0 end as has_tax_beside
    from read
),

decided as (
    select
        *,
        abs(tax_amount) < abs(whole) and coalesce(
            says_tax_included,
            case
                when has_no_room_for_tax = 1 then true
                when has_tax_beside = 1 then false
            end,
            sum(has_no_room_for_tax) over () > sum(has_tax_beside) over ()
        ) as is_with_tax,
        abs(whole) - abs(tax_amount) as whole_without_tax
    from told
),

without_tax as (
    select
        *
        {%- for name in ["gross_amount", "discount_amount", "shipping_amount"] %},
        case
            when is_with_tax then {{ retention.share_of_amount("charged_" ~ name, "whole_without_tax", "abs(whole)") }}
            else charged_{{ name }}
        end as {{ name }}
        {%- endfor %}
    from decided
),

{% endif -%}
checked as (
    select
        *,
        case
            {{- retention.reject_empty("order_id") }}
            {{- retention.reject_time("ordered_at", "order_date") }}
            when has_unusable_line then 'a line of the order cannot be used'
            {{- retention.reject_no_amount("gross_amount") }}
            {{- retention.reject_amount("gross_amount") }}
            {{- retention.reject_amount("discount_amount") }}
            {{- retention.reject_amount("shipping_amount") }}
            {{- retention.reject_amount("tax_amount") }}
            {{- retention.reject_amount("cost_amount") }}
            {{- retention.reject_amount("fulfilment_cost_amount") }}
            {{- retention.reject_amount("payment_fee_amount") }}
        end as rejection_reason
    from {{ "without_tax" if tells_tax else "typed" }}
),

final as (
    select
        *,
        case
            when rejection_reason is not null
                then {{ retention.raw_record(
                    ["order_id", "customer_id", "status", "currency"],
                    read=[
                        "ordered_at", "gross_amount", "discount_amount", "shipping_amount", "tax_amount", "cost_amount",
                        "fulfilment_cost_amount", "payment_fee_amount",
                    ],
                ) }}
        end as raw_record
    from checked
)

select * from final
