-- Ids of orders that are in the input more than once: few of them, so the others need no
-- comparison.

select order_id
from {{ ref("stg_retention__orders") }}
where order_id is not null
group by order_id
having count(*) > 1
