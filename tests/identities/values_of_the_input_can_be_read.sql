-- Times and amounts that dbt cannot read: neither typed columns nor ISO 8601 times or plain numbers. Their rows are
-- rejected; `python3 retention.py build FILE` reads other formats.

{{ config(severity="warn") }}

select
    input,
    record_id,
    reason
from {{ ref("retention__rejected_records") }}
where reason like '% is not a date or time' or reason like '% is not a number'
