-- Records that are used but look odd. The column warning says how they are treated and which setting decides it.

{{ config(severity="warn") }}

select
    input,
    warning
from {{ ref("retention__data_quality") }}
where warning is not null
