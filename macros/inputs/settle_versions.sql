{#- Of the usable records of an input that share an id but differ, version 1 is the one that is used: the
    latest, then the largest amount, then the last as text. Records with an id of their own stay out of the sort. -#}
{% macro settle_versions(relation, input, time, amount=none, kinds={}) %}
    {%- set id = retention.record_id(input) %}
    {%- set has_email = "email" in retention.stored_columns(input, kinds) %}
    {%- set email = "coalesce(email, '')" if has_email else none %}
    {%- set latest_first = [time, amount, retention.raw_record(input, kinds), email] | select | list %}
    select
        *,
        1 as version
    from {{ relation }}
    where not shares_id

    union all

    select
        *,
        case
            when rejection_reason is null
                then row_number() over (
                    partition by {{ id }}, rejection_reason is null
                    order by {{ latest_first | join(" desc, ") }} desc
                )
            else 1
        end as version
    from {{ relation }}
    where shares_id
{% endmacro %}
