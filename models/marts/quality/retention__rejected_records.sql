-- Every input record that is not used, with the first reason why. Exact copies are counted, not listed.

with

{% for input in retention.inputs() -%}
{{ input }} as (
    select
        '{{ retention.input_of_records(input) }}' as input,
        {{ retention.record_id(input) }} as record_id,
        rejection_reason as reason,
        source_rows,
        raw_record
    from {{ ref("retention", retention.records_model(input)) }}
    where rejection_reason is not null
),

{% endfor -%}

rejected as (
    {%- for input in retention.inputs() %}
    select * from {{ input }}
    {% if not loop.last -%}
    union all
    {%- endif %}
    {%- endfor %}
),

-- Records without an id can be alike in all that is shown here, so they are numbered.
final as (
    select
        input,
        cast(
            row_number() over (partition by input order by reason, raw_record) as {{ dbt.type_bigint() }}
        ) as record_number,
        record_id,
        reason,
        source_rows,
        raw_record
    from rejected
)

select * from final
