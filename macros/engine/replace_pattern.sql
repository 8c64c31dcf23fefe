{#- Text with the matches of a regular expression replaced, once or everywhere; `\1` is its first group. -#}
{% macro replace_pattern(text, pattern, replacement, everywhere=false) %}
    {{- return(adapter.dispatch("replace_pattern", "retention")(text, pattern, replacement, everywhere)) -}}
{% endmacro %}


{% macro default__replace_pattern(text, pattern, replacement, everywhere) -%}
    regexp_replace(
        {{- text }}, {{ retention.text_literal(pattern) }}, {{ retention.text_literal(replacement) }}{{ ", 'g'" if everywhere -}}
    )
{%- endmacro %}


{#- Snowflake, BigQuery, Databricks, Redshift and Trino replace every match, so patterns that replace once are anchored
    to the beginning. In literals of the first three, a backslash starts an escape. -#}
{% macro snowflake__replace_pattern(text, pattern, replacement, everywhere) -%}
    {%- set escaped = replacement | replace("\\", "\\\\") -%}
    regexp_replace({{ text }}, {{ retention.text_literal(pattern) }}, {{ retention.text_literal(escaped) }})
{%- endmacro %}


{% macro bigquery__replace_pattern(text, pattern, replacement, everywhere) -%}
    {{ retention.snowflake__replace_pattern(text, pattern, replacement, everywhere) }}
{%- endmacro %}


{% macro trino__replace_pattern(text, pattern, replacement, everywhere) -%}
    {%- set group_with_dollar = replacement | replace("\\", "$") -%}
    regexp_replace({{ text }}, {{ retention.text_literal(pattern) }}, {{ retention.text_literal(group_with_dollar) }})
{%- endmacro %}


{% macro spark__replace_pattern(text, pattern, replacement, everywhere) -%}
    {{ retention.trino__replace_pattern(text, pattern, replacement, everywhere) }}
{%- endmacro %}


{% macro redshift__replace_pattern(text, pattern, replacement, everywhere) -%}
    {%- set group_with_dollar = replacement | replace("\\", "$") -%}
    regexp_replace(
        {{- text }}, {{ retention.text_literal(pattern) }}, {{ retention.text_literal(group_with_dollar) }}, 1, 'p'
    )
{%- endmacro %}


{% macro clickhouse__replace_pattern(text, pattern, replacement, everywhere) -%}
    {%- set escaped = replacement | replace("\\", "\\\\") -%}
    {{ "replaceRegexpAll" if everywhere else "replaceRegexpOne" }}(
        {{- text }}, {{ retention.text_literal(pattern) }}, {{ retention.text_literal(escaped) -}}
    )
{%- endmacro %}
