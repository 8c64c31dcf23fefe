-- Orders and refunds far before all others are rejected, as they would make every period since then: they come of a clock that was never set (1970)
-- or a slip of the year. Mend the date, or leave older orders out on purpose.

{{ config(severity="warn") }}

select
    input,
    record_id,
    reason
from {{ ref("retention__rejected_records") }}
where reason in ('ordered_at is years before all other orders', 'refunded_at is years before all orders')
