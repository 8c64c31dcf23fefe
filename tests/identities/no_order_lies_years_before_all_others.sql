-- Orders and refunds dated years before all others are rejected, as they would create every period since then. They come
-- from a clock that was never set (1970) or a typo in the year. Correct the date, or exclude older orders on purpose.

{{ config(severity="warn") }}

select
    input,
    record_id,
    reason
from {{ ref("retention__rejected_records") }}
where reason in ('ordered_at is years before all other orders', 'refunded_at is years before all orders')
