-- What became of every row that came in: accepted + rejected + dropped copies = raw, in rows and in
-- money. Raw is counted on the input itself, not on what was made of it.

with

{% for input in retention.inputs() -%}
{{ input }}_rows as (
    {{ retention.counted_rows(input) }}
),

{% endfor -%}

raw as (
    {%- for input in retention.inputs() %}
    select
        '{{ input }}' as input,
        sum(rows_counted) as raw,
        sum(amount) as raw_amount
    from {{ input }}_rows
    {% if not loop.last -%}
    union all
    {%- endif %}
    {%- endfor %}
),

records as (
    {%- for input in retention.inputs() %}
    select
        '{{ retention.input_of_records(input) }}' as input,
        rejection_reason is null as is_accepted,
        source_rows,
        source_amount,
        duplicate_rows,
        duplicate_amount
    from {{ ref("retention", retention.records_model(input)) }}
    {% if not loop.last -%}
    union all
    {%- endif %}
    {%- endfor %}
),

judged as (
    select
        input,
        sum(case when is_accepted then source_rows else 0 end) as accepted,
        sum(case when is_accepted then 0 else source_rows end) as rejected,
        sum(duplicate_rows) as duplicates_dropped,
        sum(case when is_accepted then source_amount else 0 end) as accepted_amount,
        sum(case when is_accepted then 0 else source_amount end) as rejected_amount,
        sum(duplicate_amount) as duplicates_dropped_amount
    from records
    group by 1
),

unattributed as (
    select
        'raw_orders' as input,
        count(*) as unattributed
    from {{ ref("int_retention__orders") }}
    where is_purchase and customer_key is null
),

final as (
    select
        raw.input,
        {%- for column in ["raw", "accepted", "rejected", "duplicates_dropped"] %}
        cast(coalesce({{ column }}, 0) as {{ dbt.type_bigint() }}) as {{ column }},
        {%- endfor %}
        {%- for column in ["raw_amount", "accepted_amount", "rejected_amount", "duplicates_dropped_amount"] %}
        cast(coalesce({{ column }}, 0) as {{ retention.type_money() }}) as {{ column }},
        {%- endfor %}
        cast(unattributed.unattributed as {{ dbt.type_bigint() }}) as unattributed
    from raw
    left join judged
        on raw.input = judged.input
    left join unattributed
        on raw.input = unattributed.input
)

select * from final
