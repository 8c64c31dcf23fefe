{#- The records of a relation without exact copies; the rows behind the copies count as duplicates. Only
    ids that occur more than once are compared in full, so that a large input costs one scan. -#}
{% macro distinct_records(relation, id, columns) %}
    {%- set compared = columns + ["source_rows", "source_amount", "format_rejection", "source_record"] %}
    select
        {{ compared | join(",\n        ") }},
        duplicate_rows,
        duplicate_amount,
        false as shares_id
    from {{ relation }}
    where {{ id }} in (select {{ id }} from {{ relation }} group by {{ id }} having count(*) = 1)

    union all

    select
        {{ compared | join(",\n        ") }},
        sum(source_rows + duplicate_rows) - source_rows as duplicate_rows,
        sum(source_amount + duplicate_amount) - source_amount as duplicate_amount,
        true as shares_id
    from {{ relation }}
    -- An id is never blank text, so that this stands for none; a condition with OR is no join to a planner.
    where coalesce({{ id }}, '') in (
        select coalesce({{ id }}, '') from {{ relation }}
        group by {{ id }}
        having count(*) > 1 or {{ id }} is null
    )
    group by {{ compared | join(", ") }}
{% endmacro %}
