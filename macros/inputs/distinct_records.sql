{#- The records of a relation without exact copies, and how many copies each had. Only ids that occur
    more than once are compared in full, so that a large input costs one scan. -#}
{% macro distinct_records(relation, id, columns) %}
    select
        {{ columns | join(",\n        ") }},
        1 as copies,
        false as shares_id
    from {{ relation }}
    where {{ id }} in (select {{ id }} from {{ relation }} group by {{ id }} having count(*) = 1)

    union all

    select
        {{ columns | join(",\n        ") }},
        count(*) as copies,
        true as shares_id
    from {{ relation }}
    where {{ id }} is null or {{ id }} in (select {{ id }} from {{ relation }} group by {{ id }} having count(*) > 1)
    group by {{ columns | join(", ") }}
{% endmacro %}
