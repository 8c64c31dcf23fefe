{#- The order in which records of several files count: those of the file that goes on longest first, of two that go on as long
    those of the later name. `latest` is the last moment in a record's own file, NULL where there are no files. -#}
{% macro latest_file_first(latest) -%}
    coalesce({{ latest }}, cast('1900-01-01' as timestamp)) desc, coalesce(source_file, '') desc
{%- endmacro %}
