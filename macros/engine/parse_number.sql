{#- Text as a number of a decimal type, NULL where it is no number or could be two. Numbers as computers
    write them are cast; only what is left is looked at more closely. -#}
{% macro parse_number(text, type) %}
    {%- set as_computers_write = retention.cast_number(text, type) -%}
    {%- set as_people_write = retention.try_cast(retention.plain_number(text), type) -%}
    {%- if var("decimal_separator") == "," -%}
    case when {{ text }} like '%.___' then {{ as_people_write }} else coalesce({{ as_computers_write }}, {{ as_people_write }}) end
    {%- else -%}
    coalesce({{ as_computers_write }}, {{ as_people_write }})
    {%- endif -%}
{% endmacro %}


{#- A number as computers write it, such as -1234.56 or 1e3. -#}
{% macro cast_number(text, type) %}
    {{- return(adapter.dispatch("cast_number", "retention")(text, type)) -}}
{% endmacro %}


{#- Casts of other engines read infinities, hexadecimal digits and blanks, too. -#}
{% macro default__cast_number(text, type) -%}
    {%- set digits = "[0-9]+(?:_[0-9]+)*" -%}
    {%- set number = "^[-+]?(?:" ~ digits ~ "[.]?(?:" ~ digits ~ ")?|[.]" ~ digits ~ ")(?:[eE][-+]?[0-9]+)?$" -%}
    case when {{ retention.matches_pattern(text, number) }} then {{ retention.try_cast(text, type) }} end
{%- endmacro %}


{#- Nor does Spark's know digits that are grouped by underscores. -#}
{% macro spark__cast_number(text, type) -%}
    {%- set number = "^[-+]?(?:[0-9][0-9_]*[.]?|[.][0-9])[0-9_]*(?:[eE][-+]?[0-9]+)?$" -%}
    case
            when {{ retention.matches_pattern(text, number) }} and not {{ retention.matches_pattern(text, "__|_[.eE]|[.]_|_$") }}
                then {{ retention.try_cast("replace(" ~ text ~ ", '_', '')", type) }}
        end
{%- endmacro %}


{% macro duckdb__cast_number(text, type) -%}
    try_cast({{ text }} as {{ type }})
{%- endmacro %}


{#- A number as people write it, such as 1.234,56 or (EUR 1 234), as computers do: 1234.56, -1234. Of two
    kinds of separator the last one is the decimal one; a kind that stands there twice separates thousands.
    One comma, or one point beside a currency, before exactly three digits could be either: then
    `decimal_separator` decides, and without it the text is no number. -#}
{% macro plain_number(text) -%}
    {%- set digits = retention.number_digits(text) -%}
    {%- set one_separator = "|" ~ retention.one_separator() -%}
    {%- set point_is_decimal = one_separator if var("decimal_separator") == "." -%}
    {%- set comma_is_decimal = one_separator if var("decimal_separator") == "," -%}
    {%- set decimals = "[0-9]+(?:[.,](?:[0-9]{0,2}|[0-9]{4,}))?|(?:[0-9]{4,}|0)[.,][0-9]{3}|[.,][0-9]+" -%}
    {%- set gaps = "[0-9]{1,3}(?:" ~ retention.digit_gap() ~ "[0-9]{3})+(?:[.,][0-9]*)?" -%}
    {%- set commas = "[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?:[.][0-9]*)|[0-9]{1,3}(?:,[0-9]{2,3})+,[0-9]{3}" -%}
    {%- set points = "[0-9]{1,3}(?:[.][0-9]{3})+,[0-9]*|[0-9]{1,3}(?:[.][0-9]{3}){2,}" -%}
    case
            when {{ text }} is null then null
            when {{ retention.matches_pattern(digits, "^(?:" ~ decimals ~ ")$") }}
                then {{ retention.number_sign(text) }} || replace({{ digits }}, ',', '.')
            when {{ retention.matches_pattern(digits, "^(?:" ~ gaps ~ ")$") }}
                then {{ retention.number_sign(text) }}
                    || replace({{ retention.replace_pattern(digits, retention.digit_gap(), "", everywhere=true) }}, ',', '.')
            when {{ retention.matches_pattern(digits, "^(?:" ~ commas ~ point_is_decimal ~ ")$") }}
                then {{ retention.number_sign(text) }} || replace({{ digits }}, ',', '')
            when {{ retention.matches_pattern(digits, "^(?:" ~ points ~ comma_is_decimal ~ ")$") }}
                then {{ retention.number_sign(text) }} || replace(replace({{ digits }}, '.', ''), ',', '.')
        end
{%- endmacro %}


{#- Is the text a number that could be two, as 1,234 or 1.234 EUR is? -#}
{% macro is_ambiguous_number(text) -%}
    {%- if var("decimal_separator") -%}
    1 = 0
    {%- else -%}
    {{ retention.matches_pattern(retention.number_digits(text), "^" ~ retention.one_separator() ~ "$") }}
    {%- endif -%}
{%- endmacro %}


{% macro one_separator() %}
    {{- return("[1-9][0-9]{0,2}[.,][0-9]{3}") -}}
{% endmacro %}


{#- What separates thousands and nothing else: blanks of every width, and apostrophes. -#}
{% macro digit_gap() %}
    {{- return("[ \u00a0\u2007\u2009\u202f'’]") -}}
{% endmacro %}


{#- The signs of Unicode for currencies. -#}
{% macro currency_sign() %}
    {{- return(
        "[$¢-¥֏؋߾߿৲৳৻૱௹฿៛₠-⃀꠸﷼﹩＄￠￡￥￦]"
    ) -}}
{% endmacro %}


{#- The digits of a number with their separators, without sign, currency and brackets. -#}
{% macro number_digits(text) -%}
    {%- set currency = "(?:(?:[A-Z]{0,3}" ~ retention.currency_sign() ~ "|[A-Z]{3}|kr|zł|Kč|Ft|Fr|Rs)[.]?)?" -%}
    {%- set blank = "[ \u00a0\u202f]*" -%}
    {%- set beside = blank ~ currency ~ blank -%}
    {{- retention.extract_pattern(
        text,
        "^[(]?[-−+]?" ~ beside ~ "[-−+]?([0-9.,](?:[0-9.,]|" ~ retention.digit_gap() ~ "[0-9])*)" ~ beside ~ "[-−+]?[)]?$",
    ) -}}
{%- endmacro %}


{% macro number_sign(text) -%}
    case when {{ retention.matches_pattern(text, "[-−(]") }} then '-' else '' end
{%- endmacro %}
