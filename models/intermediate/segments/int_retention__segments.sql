-- Which segment dimensions and values a segment key belongs to; every key belongs to `all`.

{%- set attributes = retention.attribute_columns() %}

with

customer_segments as (
    select * from {{ ref("int_retention__customer_segments") }}
),

segment_keys as (
    select distinct
        {%- for attribute in attributes %}
        {{ attribute }},
        {%- endfor %}
        segment_key
    from customer_segments
),

final as (
    select
        segment_key,
        'all' as segment_dimension,
        'all' as segment_value
    from segment_keys
    {%- for dimension in retention.segment_columns() %}

    union all

    select
        segment_key,
        {{ retention.text_literal(dimension) }} as segment_dimension,
        {{ attributes[loop.index0] }} as segment_value
    from segment_keys
    {%- endfor %}
)

select * from final
