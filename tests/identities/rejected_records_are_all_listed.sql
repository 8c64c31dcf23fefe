-- Every row counted as rejected belongs to a listed record with a reason.

with

listed as (
    select
        input,
        sum(source_rows) as source_rows
    from {{ ref("retention__rejected_records") }}
    where reason is not null
    group by 1
)

select
    quality.input,
    quality.rejected,
    listed.source_rows
from {{ ref("retention__data_quality") }} as quality
full outer join listed
    on quality.input = listed.input
where quality.input is null or quality.rejected <> coalesce(listed.source_rows, 0)
