{{ config(enabled=(var("source_format") == "cdnow"), materialized="view") }}

-- A line is: customer, [sample id,] date as yyyymmdd, units, dollars. It names no order, so an order's
-- id is made of its customer, its date and its rank among the customer's orders of that day.

with

lines as (
    select trim(line) as line
    from ({{ retention.input_lines("raw_orders") }})
),

fields as (
    select {{ retention.split_on_whitespace("line") }} as fields
    from lines
    where line <> ''
),

purchases as (
    select
        fields[1] as customer_id,
        case when len(fields) in (4, 5) then fields[len(fields) - 2] end as purchased_on,
        case when len(fields) in (4, 5) then fields[len(fields) - 1] end as units,
        case when len(fields) in (4, 5) then fields[len(fields)] end as dollars
    from fields
),

numbered as (
    select
        *,
        row_number() over (
            partition by customer_id, purchased_on
            order by dollars, units
        ) as number_on_day
    from purchases
),

final as (
    select
        customer_id || '-' || purchased_on || '-' || number_on_day as order_id,
        customer_id,
        {%- for column in retention.record_columns("raw_orders")
            if column not in ["order_id", "customer_id", "ordered_at", "gross_amount"] %}
        cast(null as {{ dbt.type_string() }}) as {{ column }},
        {%- endfor %}
        dollars as gross_amount,
        substring(purchased_on, 1, 4) || '-' || substring(purchased_on, 5, 2) || '-' || substring(purchased_on, 7) as ordered_at
    from numbered
)

select * from final
