{{ config(materialized="view") }}

{%- set columns = retention.input_columns("raw_annotations") %}

-- Every dated note in the input, typed, with the first reason why it cannot be used, if any.

with

typed as (
    select
        -- texts
        {{ retention.text_column(columns, "text") }} as annotation,

        -- times
        {{ retention.date_column(columns, "date") }} as annotation_date,

        -- what times were read from
        {{ retention.written_text(columns, "date") }} as annotation_date_text
    from {{ retention.input_source("raw_annotations") }}
),

checked as (
    select
        *,
        case
            when annotation_date is null and annotation_date_text is null then 'date is empty'
            when annotation_date is null then 'date is not a date'
            when annotation is null then 'text is empty'
        end as rejection_reason
    from typed
),

final as (
    select
        *,
        case
            when rejection_reason is not null
                then {{ retention.raw_record(["annotation"], read=["annotation_date"]) }}
        end as raw_record
    from checked
)

select * from final
