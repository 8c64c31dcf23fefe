{{ config(materialized="view") }}

-- Rows of text files that cannot be taken apart into the columns of their header, as they stand there. A
-- view, so that nothing personal in them is kept.

with

{% for input in retention.inputs() -%}
{{ input }} as (
    {{ retention.damaged_rows(input) }}
),

{% endfor -%}

damaged_rows as (
    {%- for input in retention.inputs() %}
    select
        '{{ input }}' as input,
        *
    from {{ input }}
    {% if not loop.last -%}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        input,
        file,
        row_text,
        row_begins_with,
        row_hash,
        damage
    from damaged_rows
)

select * from final
