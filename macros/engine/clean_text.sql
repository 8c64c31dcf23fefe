{#- Text without surrounding blanks, NULL where it is one of the words, of at most four characters, that mean "no
    value". -#}
{% macro clean_text(text, null_words) %}
    {%- set literals = [] -%}
    {%- for word in null_words -%}
        {%- do literals.append(retention.text_literal(word)) -%}
    {%- endfor -%}
    {{- return(adapter.dispatch("clean_text", "retention")(text, literals | join(", "))) -}}
{% endmacro %}


{% macro default__clean_text(text, null_words) -%}
    {%- set trimmed = "trim(both " ~ retention.blanks() ~ " from " ~ text ~ ")" -%}
    case when lower({{ trimmed }}) in ({{ null_words }}) then null else {{ trimmed }} end
{%- endmacro %}


{% macro postgres__clean_text(text, null_words) -%}
    {%- set trimmed = "btrim(" ~ retention.collated(text) ~ ", " ~ retention.blanks() ~ ")" -%}
    case when lower({{ trimmed }}) in ({{ null_words }}) then null else {{ trimmed }} end
{%- endmacro %}


{% macro snowflake__clean_text(text, null_words) -%}
    {%- set trimmed = "trim(" ~ text ~ ", " ~ retention.blanks() ~ ")" -%}
    case when lower({{ trimmed }}) in ({{ null_words }}) then null else {{ trimmed }} end
{%- endmacro %}


{% macro bigquery__clean_text(text, null_words) -%}
    {{ retention.snowflake__clean_text(text, null_words) }}
{%- endmacro %}


{#- Most texts need no trimming and no lookup, which are slow; so is IN, as a join. -#}
{% macro duckdb__clean_text(text, null_words) -%}
    {%- set trimmed = "trim(" ~ text ~ ", " ~ retention.blanks() ~ ")" -%}
    case
            when {{ text }} like ' %' or {{ text }} like '% ' or strlen({{ text }}) <> length({{ text }})
                or contains({{ text }}, chr(9)) or contains({{ text }}, chr(10))
                then case when list_contains([{{ null_words }}], lower({{ trimmed }})) then null else {{ trimmed }} end
            when strlen({{ text }}) > 4 then {{ text }}
            when list_contains([{{ null_words }}], lower({{ text }})) then null
            else {{ text }}
        end
{%- endmacro %}


{#- The characters trimmed from around a text, as a text literal. -#}
{% macro blanks() %}
    {{- return("' \t\r\n\u00a0\u202f\ufeff'") -}}
{% endmacro %}
