{#- The records of a relation without exact copies; the rows behind the copies count as duplicates. Only
    records whose ids are repeated are compared in full, so that a large input is not sorted or grouped. An id
    is never blank text, so that this stands for none. -#}
{% macro distinct_records(relation, id, columns) %}
    {%- set compared = columns + ["source_rows", "source_amount", "format_rejection", "source_record"] %}
    {%- set repeated_ids -%}
        (
        select coalesce({{ id }}, '') as repeated_id from {{ relation }}
        group by {{ id }}
        having count(*) > 1 or {{ id }} is null
    ) as repeated_ids
        on coalesce({{ relation }}.{{ id }}, '') = repeated_ids.repeated_id
    {%- endset %}
    select
        {{ compared | join(",\n        ") }},
        duplicate_rows,
        duplicate_amount,
        false as shares_id
    from {{ relation }}
    left join {{ repeated_ids }}
    where repeated_ids.repeated_id is null

    union all

    select
        {{ compared | join(",\n        ") }},
        sum(source_rows + duplicate_rows) - source_rows as duplicate_rows,
        sum(source_amount + duplicate_amount) - source_amount as duplicate_amount,
        true as shares_id
    from {{ relation }}
    inner join {{ repeated_ids }}
    group by {{ compared | join(", ") }}
{% endmacro %}
