-- The fits: those of the Python model, or those in the setting clv_parameters.

{%- set given = retention.clv_parameters() %}

with

{% if retention.fits_in_dbt() -%}
fits as (
    select * from {{ ref("int_retention__clv_model_fits") }}
    where result = 'fit'
),
{%- else -%}
{#- If the command has not marked one, the first purchase model given is used. #}
{%- set is_marked = given.values() | selectattr("is_used", "defined") | list | length > 0 %}
{%- set used = [] %}
fits as (
    {%- for model, parameters in retention.clv_model_parameters().items() %}
    {%- set fit = {} %}
    {%- do fit.update(given.get(model) or {}) %}
    {%- if not given %}
    {%- do fit.update({
        "refused_reason": "No Python models on " ~ target.type ~ ": run `python3 retention.py fit-clv` and set clv_parameters."
    }) %}
    {%- elif not fit %}
    {%- do fit.update({"refused_reason": "The setting clv_parameters has no " ~ model ~ "."}) %}
    {%- endif %}
    {%- set converged = parameters[0] in fit %}
    {%- if not is_marked and not fit.get("refused_reason") and parameters not in used %}
    {%- do fit.update({"is_used": true}) %}
    {%- do used.append(parameters) %}
    {%- endif %}
    select
        {{ retention.text_literal(model) }} as model,
        {%- for column in retention.clv_fit_numbers() %}
        {%- set is_count = column in retention.clv_fit_counts() %}
        {#- As text, a number is read exactly on every engine. #}
        {{ (fit[column] | int if is_count else retention.text_literal(fit[column])) if column in fit else "null" }} as {{ column }},
        {%- endfor %}
        {{ fit["beats_baseline"] | lower if "beats_baseline" in fit else "cast(null as boolean)" }} as beats_baseline,
        {{ fit.get("is_used", false) | lower }} as is_used,
        {{ converged | lower }} as converged,
        {%- for column in retention.clv_fit_texts() %}
        {{ retention.text_literal(fit[column]) if fit.get(column) else "null" }} as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
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
        {%- for column in retention.clv_fit_texts() %}
        cast({{ column }} as {{ dbt.type_string() }}) as {{ column }},
        {%- endfor %}
        beats_baseline,
        is_used,
        converged
    from fits
)

select * from final
