{#- A one-way hash of an e-mail address, regardless of its capitalisation. -#}
{% macro hash_email(email) %}
    {{- return(adapter.dispatch("hash_email", "retention")(email)) -}}
{% endmacro %}


{% macro default__hash_email(email) -%}
    sha2({{ retention.lowercase("trim(" ~ email ~ ")") }}, 256)
{%- endmacro %}


{% macro duckdb__hash_email(email) -%}
    sha256(lower(trim({{ email }})))
{%- endmacro %}


{% macro postgres__hash_email(email) -%}
    encode(sha256(convert_to(lower(trim({{ email }})), 'UTF8')), 'hex')
{%- endmacro %}


{% macro redshift__hash_email(email) -%}
    {{ retention.default__hash_email(email) }}
{%- endmacro %}


{% macro bigquery__hash_email(email) -%}
    to_hex(sha256(lower(trim({{ email }}))))
{%- endmacro %}


{% macro trino__hash_email(email) -%}
    lower(to_hex(sha256(to_utf8(lower(trim({{ email }}))))))
{%- endmacro %}


{% macro clickhouse__hash_email(email) -%}
    lower(hex(SHA256(lower(trim({{ email }})))))
{%- endmacro %}


{#- An id that can be shown: where a system uses the e-mail address as the id, its one-way hash. -#}
{% macro private_id(id) -%}
    case when {{ id }} like '%@%' then {{ retention.hash_email(id) }} else {{ id }} end
{%- endmacro %}


{#- Text with every e-mail address removed. -#}
{% macro redact_emails(text) -%}
    {%- set part = '[^ \t\n\v\f\r"<>,;]*' -%}
    {{- retention.replace_pattern(text, part ~ "@" ~ part, "(e-mail address)", everywhere=true) -}}
{%- endmacro %}
