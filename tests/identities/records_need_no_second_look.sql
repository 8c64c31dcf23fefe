-- Records that are used, but not as they are: what they are taken for is in the column warning, with what decides about it.

{{ config(severity="warn") }}

select
    input,
    warning
from {{ ref("retention__data_quality") }}
where warning is not null
