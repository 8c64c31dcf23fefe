-- Every dated note in the input, and its outcome: used, a copy, or the first reason why it is not used.

with

annotations as (
    select * from {{ ref("stg_retention__annotations") }}
),

numbered as (
    select
        *,
        row_number() over (partition by annotation_date, annotation, raw_record order by annotation) as copy_number
    from annotations
),

final as (
    select
        annotation_date,
        annotation,
        copy_number > 1 as is_copy,
        rejection_reason,
        raw_record
    from numbered
)

select * from final
