-- What each metric means, from the same entries that the metrics are computed from.

{% for metric in retention.metric_catalogue() -%}
select
    {{ retention.text_literal(metric.metric) }} as metric,
    {{ retention.text_literal(metric.label_en) }} as label_en,
    {{ retention.text_literal(metric.label_de) }} as label_de,
    {{ retention.text_literal(retention.metric_formula(metric)) }} as formula,
    {{ retention.text_literal(metric.unit) }} as unit,
    {{ retention.text_literal(metric.numerator) if metric.numerator else "cast(null as " ~ dbt.type_string() ~ ")" }} as numerator,
    {{ retention.text_literal(metric.denominator) if metric.denominator else "cast(null as " ~ dbt.type_string() ~ ")" }} as denominator,
    {{ retention.text_literal(metric.description) }} as description,
    {{ retention.text_literal(retention.cite_articles(metric.source_articles)) }} as source_article,
    {{ retention.text_literal(metric.relation) }} as relation
{% if not loop.last -%}
union all
{% endif %}
{%- endfor %}
