{#- Text as a number of a decimal type, NULL where it is no number or could be two. -#}
{% macro parse_number(text, type) %}
    {{- return(adapter.dispatch("parse_number", "retention")(text, type)) -}}
{% endmacro %}


{% macro default__parse_number(text, type) -%}
    try_cast({{ text }} as {{ type }})
{%- endmacro %}


{#- Numbers as computers write them are cast; only what is left is looked at more closely. -#}
{% macro duckdb__parse_number(text, type) -%}
    {%- set as_people_write = "try_cast(" ~ retention.plain_number(text) ~ " as " ~ type ~ ")" -%}
    {%- if var("decimal_separator") == "," -%}
    case when {{ text }} like '%.___' then {{ as_people_write }} else coalesce(try_cast({{ text }} as {{ type }}), {{ as_people_write }}) end
    {%- else -%}
    coalesce(try_cast({{ text }} as {{ type }}), {{ as_people_write }})
    {%- endif -%}
{%- endmacro %}


{#- A number as people write it, such as 1.234,56 or (EUR 1 234), as computers do: 1234.56, -1234. Of two
    kinds of separator the last one is the decimal one; a kind that stands there twice separates thousands.
    One comma, or one point beside a currency, before exactly three digits could be either: then
    `decimal_separator` decides, and without it the text is no number. -#}
{% macro plain_number(text) -%}
    {%- set digits = retention.number_digits(text) -%}
    case
            when {{ text }} is null then null
            when regexp_full_match({{ digits }}, '[0-9]+(?:[.,](?:[0-9]{0,2}|[0-9]{4,}))?|(?:[0-9]{4,}|0)[.,][0-9]{3}|[.,][0-9]+')
                then {{ retention.number_sign(text) }} || replace({{ digits }}, ',', '.')
            when regexp_full_match({{ digits }}, '[0-9]{1,3}(?:{{ retention.digit_gap() }}[0-9]{3})+(?:[.,][0-9]*)?')
                then {{ retention.number_sign(text) }} || replace(regexp_replace({{ digits }}, '{{ retention.digit_gap() }}', '', 'g'), ',', '.')
            when regexp_full_match({{ digits }}, '[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?:[.][0-9]*)|[0-9]{1,3}(?:,[0-9]{2,3})+,[0-9]{3}'){{ " or " ~ retention.is_one_separator(digits) if var("decimal_separator") == "." }}
                then {{ retention.number_sign(text) }} || replace({{ digits }}, ',', '')
            when regexp_full_match({{ digits }}, '[0-9]{1,3}(?:[.][0-9]{3})+,[0-9]*|[0-9]{1,3}(?:[.][0-9]{3}){2,}'){{ " or " ~ retention.is_one_separator(digits) if var("decimal_separator") == "," }}
                then {{ retention.number_sign(text) }} || replace(replace({{ digits }}, '.', ''), ',', '.')
        end
{%- endmacro %}


{#- Is the text a number that could be two, as 1,234 or 1.234 EUR is? -#}
{% macro is_ambiguous_number(text) %}
    {{- return(adapter.dispatch("is_ambiguous_number", "retention")(text)) -}}
{% endmacro %}


{% macro default__is_ambiguous_number(text) -%}
    1 = 0
{%- endmacro %}


{% macro duckdb__is_ambiguous_number(text) -%}
    {{ retention.is_one_separator(retention.number_digits(text)) if not var("decimal_separator") else "1 = 0" }}
{%- endmacro %}


{% macro is_one_separator(digits) -%}
    regexp_full_match({{ digits }}, '[1-9][0-9]{0,2}[.,][0-9]{3}')
{%- endmacro %}


{#- What separates thousands and nothing else: blanks of every width, and apostrophes. -#}
{% macro digit_gap() -%}
    [ \x{a0}\x{2007}\x{2009}\x{202f}''’]
{%- endmacro %}


{#- The digits of a number with their separators, without sign, currency and brackets. -#}
{% macro number_digits(text) -%}
    {%- set currency = "(?:[A-Z]{0,3}\\p{Sc}|[A-Z]{3}|kr|zł|Kč|Ft|Fr|Rs)?[.]?" -%}
    {%- set blank = "[ \\x{a0}\\x{202f}]*" -%}
    regexp_extract(
            {{ text }},
            '^[(]?[-−+]?{{ blank ~ currency ~ blank }}[-−+]?([0-9.,](?:[0-9.,]|{{ retention.digit_gap() }}[0-9])*){{ blank ~ currency ~ blank }}[-−+]?[)]?$',
            1
        )
{%- endmacro %}


{% macro number_sign(text) -%}
    case when regexp_matches({{ text }}, '[-−(]') then '-' else '' end
{%- endmacro %}
