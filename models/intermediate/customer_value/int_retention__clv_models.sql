-- The fits in use: those of the Python model, or those that the setting clv_parameters brings.

{%- set given = retention.clv_parameters() %}
{%- set runs_python_models = target.type == "duckdb" %}

with

{% if not given and runs_python_models -%}
fits as (
    select * from {{ ref("int_retention__clv_model_fits") }}
),
{%- else -%}
fits as (
    {%- for model, parameters in retention.clv_model_parameters().items() %}
    {%- set fit = given.get(model) or {} %}
    {%- if fit %}
    {%- set reason = fit.get("refused_reason") %}
    {%- elif given %}
    {%- set reason = "The setting clv_parameters has no " ~ model ~ "." %}
    {%- else %}
    {%- set reason = "No Python models on " ~ target.type ~ ": run `python3 retention.py fit-clv` and set clv_parameters." %}
    {%- endif %}
    select
        {{ retention.text_literal(model) }} as model,
        {%- for column in retention.clv_fit_numbers() %}
        {%- set is_count = column in retention.clv_fit_counts() %}
        {%- set is_known = column in fit and (is_count or not reason) %}
        {#- As text, a number is read to its last bit on every engine. #}
        {{ (fit[column] | int if is_count else retention.text_literal(fit[column])) if is_known else "null" }} as {{ column }},
        {%- endfor %}
        {{ "false" if reason else "true" }} as converged,
        {{ retention.text_literal(reason) if reason else "null" }} as refused_reason,
        {{ retention.text_literal(fit["holdout_refused_reason"]) if fit.get("holdout_refused_reason") else "null" }}
            as holdout_refused_reason
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),
{%- endif %}

final as (
    select
        cast(model as {{ dbt.type_string() }}) as model,
        {%- for column in retention.clv_fit_numbers() %}
        cast(
            {{ column }} as {{ dbt.type_bigint() if column in retention.clv_fit_counts() else retention.type_double() }}
        ) as {{ column }},
        {%- endfor %}
        converged,
        cast(refused_reason as {{ dbt.type_string() }}) as refused_reason,
        cast(holdout_refused_reason as {{ dbt.type_string() }}) as holdout_refused_reason
    from fits
)

select * from final
