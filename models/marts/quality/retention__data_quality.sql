-- What became of every record that came in: accepted + rejected + dropped copies = raw, in rows and in
-- money. Raw is counted on the input itself, not on what was made of it.

with

{% for input, columns in retention.inputs().items() -%}
{%- set amount = columns.amount -%}
{{ input }}_source as (
    {{ retention.source_records(input) }}
),

{{ input }}_raw as (
    select
        count(*) as raw,
        coalesce(sum({{ retention.parse_amount(amount) if amount else 0 }}), 0) as raw_amount
    from {{ input }}_source
),

{{ input }}_judged as (
    select
        sum(case when rejection_reason is null then 1 else 0 end) as accepted,
        sum(case when rejection_reason is not null then 1 else 0 end) as rejected,
        sum(copies - 1) as duplicates_dropped,
        {%- set value = "coalesce(" ~ (amount or 0) ~ ", 0)" %}
        sum(case when rejection_reason is null then {{ value }} else 0 end) as accepted_amount,
        sum(case when rejection_reason is not null then {{ value }} else 0 end) as rejected_amount,
        sum((copies - 1) * {{ value }}) as duplicates_dropped_amount
    from {{ ref("retention", retention.records_model(input)) }}
),

{% endfor -%}

unattributed as (
    select count(*) as unattributed
    from {{ ref("int_retention__orders") }}
    where customer_key is null
),

final as (
    {%- for input in retention.inputs() %}
    select
        '{{ input }}' as input,
        {%- for column in ["raw", "accepted", "rejected", "duplicates_dropped"] %}
        cast(coalesce({{ column }}, 0) as {{ dbt.type_bigint() }}) as {{ column }},
        {%- endfor %}
        cast({{ "unattributed" if input == "raw_orders" else "null" }} as {{ dbt.type_bigint() }}) as unattributed,
        {%- for column in ["raw_amount", "accepted_amount", "rejected_amount", "duplicates_dropped_amount"] %}
        cast(coalesce({{ column }}, 0) as {{ retention.type_money() }}) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ input }}_raw
    cross join {{ input }}_judged
    {%- if input == "raw_orders" %}
    cross join unattributed
    {%- endif %}
    {% if not loop.last -%}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final
