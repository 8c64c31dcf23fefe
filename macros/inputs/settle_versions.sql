{#- Of the usable records that share an id but differ, the first in the given order is version 1, the one
    that is used. Records with an id of their own stay out of the sort. -#}
{% macro settle_versions(relation, id, latest_first) %}
    select
        *,
        1 as version
    from {{ relation }}
    where not shares_id or rejection_reason is not null

    union all

    select
        *,
        row_number() over (
            partition by {{ id }}
            order by {{ latest_first | join(" desc, ") }} desc
        ) as version
    from {{ relation }}
    where shares_id and rejection_reason is null
{% endmacro %}
