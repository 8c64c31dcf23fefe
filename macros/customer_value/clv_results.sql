{#- Whether the engine fits the models itself, in a dbt Python model. Otherwise the setting clv_parameters has the results
    of fit-clv. -#}
{% macro fits_in_dbt() %}
    {{ return(target.type == "duckdb" and not var("clv_parameters", {})) }}
{% endmacro %}


{#- The rows of one kind that the fits return besides their parameters, with all columns as double except the date
    month_start. -#}
{% macro clv_results(kind) %}
    {%- set columns = retention.clv_result_columns()[kind] -%}
    {%- if retention.fits_in_dbt() -%}
    select
        {%- for column in columns %}
        cast({{ column }} as {{ "date" if column == "month_start" else retention.type_double() }}) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref("int_retention__clv_model_fits") }}
    where result = '{{ kind }}'
    {%- else -%}
    {%- set rows = retention.clv_parameters().get(kind, []) -%}
    {%- for row in rows or [{}] %}
    select
        {%- for column in columns %}
        {#- As text, a number is read exactly on every engine. #}
        cast(
            {{ retention.text_literal(row[column]) if column in row else "null" }}
            as {{ "date" if column == "month_start" else retention.type_double() }}
        ) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    {%- if not rows %}
    where false
    {%- endif %}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
    {%- endif %}
{% endmacro %}
