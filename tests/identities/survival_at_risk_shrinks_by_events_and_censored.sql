-- Everybody is at risk on day 0, and customers who lapse or are censored are no longer at risk the next
-- day; the curve falls only where somebody lapses. Survival is compared with a tolerance, as sums of
-- logarithms are rounded.

{%- set curve = "partition by segment_dimension, segment_value order by day" %}

with

survival as (
    select
        *,
        lag(at_risk - events - censored) over ({{ curve }}) as expected_at_risk,
        lag(survival) over ({{ curve }}) as previous_survival
    from {{ ref("retention__survival") }}
),

customers as (
    select count(*) as customers from {{ ref("retention__customers") }}
)

select survival.*
from survival
cross join customers
where
    (survival.segment_dimension = 'all' and survival.day = 0 and survival.at_risk <> customers.customers)
    or survival.at_risk <> survival.expected_at_risk
    or (survival.day > 0 and survival.expected_at_risk is null)
    or (survival.survival < survival.previous_survival * (1 - 1e-12)) <> (survival.events > 0)
    or survival.survival > survival.previous_survival * (1 + 1e-12)
