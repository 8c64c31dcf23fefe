{#- The select-list columns of every ratio that the catalogue assigns to a mart, so a new one needs only an entry there.
    `without` names those that the mart has already computed. -#}
{% macro metric_columns_of(relation, without=[]) -%}
    {%- for metric in retention.metric_catalogue()
        if metric.relation == relation and metric.numerator and metric.metric not in without %}
    {{- "," ~ "\n        " if not loop.first }}{{ retention.metric_columns(metric.metric) }}
    {%- endfor %}
{%- endmacro %}


{#- The select-list columns of one metric: its value and, for a proportion, the bounds of its interval. -#}
{% macro metric_columns(name) -%}
    {%- set metric = retention.metric_catalogue() | selectattr("metric", "equalto", name) | first -%}
    {{ retention.metric_value(metric) }} as {{ name }}
    {%- if metric.is_proportion %},
        {{ retention.metric_bound(metric, "low") }} as {{ name }}_low,
        {{ retention.metric_bound(metric, "high") }} as {{ name }}_high
    {%- endif %}
{%- endmacro %}


{% macro metric_value(metric) -%}
    {{- retention.where_defined(metric, retention.ratio(metric.numerator, metric.denominator)) -}}
{%- endmacro %}


{% macro metric_bound(metric, bound) -%}
    {{- retention.where_defined(metric, retention.wilson_bound(metric.numerator, metric.denominator, bound)) -}}
{%- endmacro %}


{#- An expression of a metric, NULL where the metric is not defined. -#}
{% macro where_defined(metric, expression) -%}
    {%- set conditions = [] -%}
    {%- if metric.needs_lapses -%}
        {%- do conditions.append("not is_warm_up") -%}
    {%- endif -%}
    {%- if metric.needs_positive_denominator -%}
        {%- do conditions.append(metric.denominator ~ " > 0") -%}
    {%- endif -%}
    {%- if metric.needs_complete_period -%}
        {%- do conditions.append("is_complete") -%}
    {%- endif -%}
    {%- if conditions -%}
    case when {{ conditions | join(" and ") }} then {{ expression }} end
    {%- else -%}
    {{ expression }}
    {%- endif -%}
{%- endmacro %}


{#- A ratio as a double; a zero denominator gives NULL. -#}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as {{ retention.type_double() }}) / nullif({{ denominator }}, 0)
{%- endmacro %}


{#- One bound of the 95 % score interval of a proportion (Wilson 1927, JASA 22(158)). With no or only successes a bound
    is exactly 0 or 1, which rounding would miss. -#}
{% macro wilson_bound(successes, trials, bound) -%}
    {%- set z = retention.normal_quantile() -%}
    case
            when {{ trials }} = 0 then null
            when {{ successes }} = {{ "0" if bound == "low" else trials }} then {{ "0.0" if bound == "low" else "1.0" }}
            else (
                {{ successes }} + {{ z * z / 2 }}
                {{ "-" if bound == "low" else "+" }} {{ z }} * sqrt(
                    cast({{ successes }} as {{ retention.type_double() }}) * ({{ trials }} - {{ successes }}) / {{ trials }} + {{ z * z / 4 }}
                )
            ) / ({{ trials }} + {{ z * z }})
        end
{%- endmacro %}


{#- The 97.5 % quantile of the standard normal distribution: every interval it is used for is a 95 % interval. -#}
{% macro normal_quantile() %}
    {{ return(1.959963984540054) }}
{% endmacro %}
