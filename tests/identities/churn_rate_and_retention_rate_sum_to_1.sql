-- Churn rate + retention rate = 1 wherever either is known, and both marts cover the
-- same periods.

select
    coalesce(churn.period_grain, retention.period_grain) as period_grain,
    coalesce(churn.period_start, retention.period_start) as period_start,
    churn.churn_rate,
    retention.retention_rate
from {{ ref("retention__churn_rate") }} as churn
full outer join {{ ref("retention__retention_rate") }} as retention
    on
        churn.period_grain = retention.period_grain
        and churn.period_start = retention.period_start
        and churn.segment_dimension = retention.segment_dimension
        and churn.segment_value = retention.segment_value
where
    churn.period_grain is null
    or retention.period_grain is null
    or (churn.churn_rate is null) <> (retention.retention_rate is null)
    or abs(churn.churn_rate + retention.retention_rate - 1) > 1e-9
