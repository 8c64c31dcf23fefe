{#- Whether a regular expression matches in a text. Patterns use only what all engines understand:
    character classes only in brackets, and special characters in brackets rather than after a
    backslash. -#}
{% macro matches_pattern(text, pattern) %}
    {{- return(adapter.dispatch("matches_pattern", "retention")(text, retention.text_literal(pattern))) -}}
{% endmacro %}


{% macro default__matches_pattern(text, pattern) -%}
    regexp_like({{ text }}, {{ pattern }})
{%- endmacro %}


{% macro duckdb__matches_pattern(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}


{% macro postgres__matches_pattern(text, pattern) -%}
    {{ text }} ~ {{ pattern }}
{%- endmacro %}


{#- The function of that name would have to match the whole text. -#}
{% macro snowflake__matches_pattern(text, pattern) -%}
    regexp_instr({{ text }}, {{ pattern }}) > 0
{%- endmacro %}


{#- Non-capturing groups need the Perl dialect. -#}
{% macro redshift__matches_pattern(text, pattern) -%}
    regexp_instr({{ text }}, {{ pattern }}, 1, 1, 0, 'p') > 0
{%- endmacro %}


{% macro bigquery__matches_pattern(text, pattern) -%}
    regexp_contains({{ text }}, {{ pattern }})
{%- endmacro %}


{% macro clickhouse__matches_pattern(text, pattern) -%}
    match({{ text }}, {{ pattern }})
{%- endmacro %}
