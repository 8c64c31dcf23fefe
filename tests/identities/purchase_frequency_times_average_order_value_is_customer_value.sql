-- Purchase frequency x AOV = net revenue / ordering customers = customer value.

select
    coalesce(frequency.period_grain, order_value.period_grain) as period_grain,
    coalesce(frequency.period_start, order_value.period_start) as period_start,
    frequency.purchase_frequency,
    order_value.average_order_value,
    frequency.customer_value
from {{ ref("retention__purchase_frequency") }} as frequency
full outer join {{ ref("retention__average_order_value") }} as order_value
    on
        frequency.period_grain = order_value.period_grain
        and frequency.period_start = order_value.period_start
        and frequency.segment_dimension = order_value.segment_dimension
        and frequency.segment_value = order_value.segment_value
where
    frequency.period_grain is null
    or order_value.period_grain is null
    or (frequency.customer_value is null) <> (order_value.average_order_value is null)
    or abs(frequency.purchase_frequency * order_value.average_order_value - frequency.customer_value)
    > 1e-9 * greatest(1, abs(frequency.customer_value))
