-- A metric has a numerator and a denominator exactly if its definition names them.

select
    metrics.metric,
    metrics.period_grain,
    metrics.period_start,
    metrics.segment_dimension,
    metrics.segment_value
from {{ ref("retention__metrics") }} as metrics
inner join {{ ref("retention__metric_definitions") }} as definitions
    on metrics.metric = definitions.metric
where
    (metrics.value is not null and (metrics.denominator is null) <> (definitions.denominator is null))
    or (metrics.value is not null and (metrics.numerator is null) <> (definitions.numerator is null))
    or (metrics.numerator is not null and definitions.numerator is null)
    or (metrics.denominator is not null and definitions.denominator is null)
