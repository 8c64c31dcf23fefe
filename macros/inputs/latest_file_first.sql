{#- The precedence of records from several files: first those of the file with the latest records, of two with the same last
    record those of the later name. `latest` is the last time in a record's own file, NULL where there are no files. -#}
{% macro latest_file_first(latest) -%}
    coalesce({{ latest }}, cast('1900-01-01' as timestamp)) desc, coalesce(source_file, '') desc
{%- endmacro %}
