{#- What the first group of a regular expression finds in a text. -#}
{% macro extract_pattern(text, pattern) %}
    {{- return(adapter.dispatch("extract_pattern", "retention")(text, retention.text_literal(pattern))) -}}
{% endmacro %}


{% macro default__extract_pattern(text, pattern) -%}
    regexp_extract({{ text }}, {{ pattern }}, 1)
{%- endmacro %}


{% macro postgres__extract_pattern(text, pattern) -%}
    substring({{ text }} from {{ pattern }})
{%- endmacro %}


{% macro snowflake__extract_pattern(text, pattern) -%}
    regexp_substr({{ text }}, {{ pattern }}, 1, 1, 'e', 1)
{%- endmacro %}


{% macro redshift__extract_pattern(text, pattern) -%}
    regexp_substr({{ text }}, {{ pattern }}, 1, 1, 'pe')
{%- endmacro %}


{% macro bigquery__extract_pattern(text, pattern) -%}
    regexp_extract({{ text }}, {{ pattern }})
{%- endmacro %}


{% macro clickhouse__extract_pattern(text, pattern) -%}
    extract({{ text }}, {{ pattern }})
{%- endmacro %}
