-- Every metric of every period and segment as a row of its own: one table for a BI tool to filter.

with

{% for metric in retention.metric_catalogue() -%}
{{ metric.metric }} as (
    select
        '{{ metric.metric }}' as metric,
        {{ retention.period_key() }},
        cast({{ metric.metric }} as {{ retention.type_double() }}) as value,
        cast({{ metric.numerator or "null" }} as {{ retention.type_double() }}) as numerator,
        cast({{ metric.denominator or "null" }} as {{ retention.type_double() }}) as denominator,
        {{ metric.metric ~ "_low" if metric.is_proportion else "cast(null as " ~ retention.type_double() ~ ")" }} as low,
        {{ metric.metric ~ "_high" if metric.is_proportion else "cast(null as " ~ retention.type_double() ~ ")" }} as high
    from {{ ref("retention", metric.relation) }}
    {%- if metric.rows %}
    where {% for column, value in metric.rows.items() %}{{ column }} = '{{ value }}'{{ " and " if not loop.last }}{% endfor %}
    {%- endif %}
),

{% endfor -%}

every_metric as (
    {%- for metric in retention.metric_catalogue() %}
    select * from {{ metric.metric }}
    {% if not loop.last -%}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        *,
        {{ retention.period_name("period_grain", "period_start") }} as period_name
    from every_metric
)

select * from final
