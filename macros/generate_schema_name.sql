{#- The schemas keep their names whatever the target's own schema is called; a target whose name starts
    with "dev" prefixes them with its schema, so that developers do not overwrite each other, and a
    publication is built under a prefix, too. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif target.name.startswith("dev") -%}
        {{ retention.schema_prefix() }}{{ target.schema }}_{{ custom_schema_name | trim }}
    {%- else -%}
        {{ retention.schema_prefix() }}{{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
