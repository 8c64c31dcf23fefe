-- Times and amounts that dbt does not read, as they are neither typed nor ISO 8601 or plain numbers. The rows are rejected;
-- `python3 retention.py build FILE` reads other spellings.

{{ config(severity="warn") }}

select
    input,
    record_id,
    reason
from {{ ref("retention__rejected_records") }}
where reason like '% is not a date or time' or reason like '% is not a number'
