-- Every record counted as rejected is listed with a reason.

with

listed as (
    select
        input,
        count(*) as records
    from {{ ref("retention__rejected_records") }}
    where reason is not null
    group by 1
)

select
    quality.input,
    quality.rejected,
    listed.records
from {{ ref("retention__data_quality") }} as quality
full outer join listed
    on quality.input = listed.input
where quality.input is null or quality.rejected <> coalesce(listed.records, 0)
