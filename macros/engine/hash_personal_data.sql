{#- A one-way key for an e-mail address, the same however the address is capitalised. -#}
{% macro hash_email(email) %}
    {{- return(adapter.dispatch("hash_email", "retention")(email)) -}}
{% endmacro %}


{% macro default__hash_email(email) -%}
    sha256(lower(trim({{ email }})))
{%- endmacro %}


{#- A one-way key for a person who is known by name only. -#}
{% macro hash_name(name) -%}
    {{ retention.hash_email("'name ' || trim(" ~ name ~ ")") }}
{%- endmacro %}


{#- An id that can be shown: where a system uses the e-mail address as the id, its one-way key. -#}
{% macro private_id(id) -%}
    case when {{ id }} like '%@%' then {{ retention.hash_email(id) }} else {{ id }} end
{%- endmacro %}


{#- Text with every e-mail address in it taken out. -#}
{% macro redact_emails(text) %}
    {{- return(adapter.dispatch("redact_emails", "retention")(text)) -}}
{% endmacro %}


{% macro default__redact_emails(text) -%}
    regexp_replace({{ text }}, '[^[:space:]"<>,;]*@[^[:space:]"<>,;]*', '(e-mail address)', 'g')
{%- endmacro %}
