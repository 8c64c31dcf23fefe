{#- Of the usable records of an input that share an id but differ, version 1 is the one that is used: the
    latest, then the largest amount, then the last as text. Records with an id of their own stay out of the sort. -#}
{% macro settle_versions(relation, input, time, amount=none) %}
    {%- set id = retention.record_id(input) %}
    {%- set email = "coalesce(email, '')" if "email" in retention.record_columns(input) else none %}
    {%- set latest_first = [time, amount, retention.raw_record(input), email] | select | list %}
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
