{#- The records of an input as the chosen source format delivers them, in the columns of
    `record_columns`; no rows where the format has no such input. -#}
{% macro source_records(input) %}
    {%- set format = retention.input_format(input) -%}
    {%- if format -%}
    select * from {{ ref("retention", "stg_retention__" ~ format ~ "_" ~ input | replace("raw_", "")) }}
    {%- else -%}
    select
        {%- for column in retention.record_columns(input) %}
        cast(null as {{ dbt.type_string() }}) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    where 1 = 0
    {%- endif -%}
{% endmacro %}
