{{ config(enabled=(var("source_format") == "cdnow"), materialized="view") }}

-- A line is: customer, [sample id,] date as yyyymmdd, units, dollars. It names no order, so an order's
-- id is made of its customer, its date and its rank among the customer's orders of that day.

with

raw_lines as (
    {{ retention.input_lines("raw_orders") }}
),

lines as (
    select trim({{ retention.replace_pattern("line", "[ \t\r]+", " ", everywhere=true) }}) as line
    from raw_lines
),

counted as (
    select
        line,
        1 + length(line) - length(replace(line, ' ', '')) as words
    from lines
    where line <> ''
),

purchases as (
    select
        {{ dbt.split_part("line", "' '", 1) }} as customer_id,
        {%- for column in ["purchased_on", "units", "dollars"] %}
        case
            when words = 4 then {{ dbt.split_part("line", "' '", loop.index + 1) }}
            when words = 5 then {{ dbt.split_part("line", "' '", loop.index + 2) }}
        end as {{ column }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from counted
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
