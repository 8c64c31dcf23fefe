{#- Text without blanks around it, NULL where it is one of the words, of at most four characters, that stand
    for nothing. -#}
{% macro clean_text(text, words_for_nothing) %}
    {%- set literals = [] -%}
    {%- for word in words_for_nothing -%}
        {%- do literals.append(retention.text_literal(word)) -%}
    {%- endfor -%}
    {{- return(adapter.dispatch("clean_text", "retention")(text, literals | join(", "))) -}}
{% endmacro %}


{% macro default__clean_text(text, words_for_nothing) -%}
    case when lower(trim({{ text }})) in ({{ words_for_nothing }}) then null else trim({{ text }}) end
{%- endmacro %}


{#- Most texts need neither be trimmed nor looked up, which are what takes time; so does IN, as a join. -#}
{% macro duckdb__clean_text(text, words_for_nothing) -%}
    {%- set trimmed = "trim(" ~ text ~ ", ' \t\r\n\u00a0\u202f\ufeff')" -%}
    case
            when {{ text }} like ' %' or {{ text }} like '% ' or strlen({{ text }}) <> length({{ text }})
                or contains({{ text }}, chr(9)) or contains({{ text }}, chr(10))
                then case when list_contains([{{ words_for_nothing }}], lower({{ trimmed }})) then null else {{ trimmed }} end
            when strlen({{ text }}) > 4 then {{ text }}
            when list_contains([{{ words_for_nothing }}], lower({{ text }})) then null
            else {{ text }}
        end
{%- endmacro %}
