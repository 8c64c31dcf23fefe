{#- The kind of an e-mail address: that of a `person`; a `mailbox` that several people may share (`shared_mailboxes`); or a
    `placeholder` for nobody in particular (`placeholder_addresses`, `unidentified_values`). NULL without an address. -#}
{% macro email_kind(columns) -%}
    {%- if "email" in columns -%}
    {%- set email = "lower(" ~ retention.text_column(columns, "email") ~ ")" -%}
    case
            when {{ email }} is null then null
            when {{ retention.matches_pattern(email, retention.address_pattern("placeholder_addresses")) }} then 'placeholder'
            when {{ retention.matches_pattern(email, retention.address_pattern("shared_mailboxes")) }} then 'mailbox'
            else 'person'
        end
    {%- else -%}
    cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}


{#- The one-way hash that identifies people besides their id: of the e-mail address, or of the phone number, depending on
    the setting customer_identity. A shared mailbox identifies somebody only if there is no customer id. -#}
{% macro address_column(columns) -%}
    {%- if var("customer_identity") == "phone" and "phone" in columns -%}
    {{ retention.hash_email(retention.of_store(columns, retention.plain_phone(retention.text_column(columns, "phone")))) }}
    {%- elif var("customer_identity") != "phone" and "email" in columns -%}
    {%- set id = retention.text_column(columns, "customer_id") -%}
    case
            when {{ retention.email_kind(columns) }} = 'placeholder' then null
            when {{ retention.email_kind(columns) }} = 'mailbox' and not coalesce({{ retention.is_guest_id(id) }}, true) then null
            else {{ retention.hash_email(retention.of_store(columns, retention.text_column(columns, "email"))) }}
        end
    {%- else -%}
    cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}


{#- The customer id, with its store if an id can be different people in different stores. -#}
{% macro customer_id_column(columns, name) -%}
    {%- set id = retention.private_id(retention.text_column(columns, name)) -%}
    {%- if "store" in columns and not var("customers_across_stores") -%}
    case when {{ retention.is_guest_id(id) }} then {{ id }} else {{ retention.of_store(columns, id) }} end
    {%- else -%}
    {{ id }}
    {%- endif -%}
{%- endmacro %}


{#- The order id, which two stores can both have. -#}
{% macro order_id_column(columns) -%}
    {%- set id = retention.text_column(columns, "order_id") -%}
    {%- if "store" in columns -%}
    {{ retention.with_store(columns, id) }}
    {%- else -%}
    {{ id }}
    {%- endif -%}
{%- endmacro %}


{#- A text that identifies somebody within one store only, unless customers are shared by all stores. -#}
{% macro of_store(columns, text) -%}
    {{ text if var("customers_across_stores") or "store" not in columns else retention.with_store(columns, text) }}
{%- endmacro %}


{% macro with_store(columns, text) -%}
    {%- set store = retention.text_column(columns, "store") -%}
    case when {{ store }} is null then {{ text }} else {{ dbt.concat([store, "'/'", text]) }} end
{%- endmacro %}


{#- A phone number as digits with the country's calling code, NULL where it is not one: too short, or a single repeated
    digit. A number without a calling code is assumed to have `phone_calling_code`. Hashes made by retention.py are left as
    they are. -#}
{% macro plain_phone(text) -%}
    {%- set trimmed = "replace(" ~ text ~ ", '(0)', '')" -%}
    {%- set digits = retention.replace_pattern(trimmed, "[^0-9]", "", everywhere=true) -%}
    {%- set code = modules.re.sub("[^0-9]", "", var("phone_calling_code") | string) -%}
    case
            when length({{ text }}) = 64 then {{ text }}
            when length({{ digits }}) < 7 then null
            when {{ retention.matches_pattern(digits, "^(0+|1+|2+|3+|4+|5+|6+|7+|8+|9+|0?123456789?0?)$") }} then null
            {%- for value in retention.list_setting("unidentified_values") if modules.re.sub("[^0-9]", "", value) %}
            when {{ digits }} in ('{{ retention.ways_to_write_phone(value, code) | join("', '") }}') then null
            {%- endfor %}
            when {{ trimmed }} like '+%' then {{ digits }}
            when {{ digits }} like '00%' then substring({{ digits }}, 3)
            {%- if code %}
            when {{ digits }} like '0%' then {{ dbt.concat(["'" ~ code ~ "'", "substring(" ~ digits ~ ", 2)"]) }}
            {%- endif %}
            else {{ digits }}
        end
{%- endmacro %}


{#- The digits of a phone number as people write them: with its calling code, with 00 before that, and without it. -#}
{% macro ways_to_write_phone(number, code) %}
    {% set trimmed = number | replace("(0)", "") %}
    {% set digits = modules.re.sub("[^0-9]", "", trimmed) %}
    {% if not trimmed.startswith("+") and digits.startswith("00") %}
        {% set digits = digits[2:] %}
    {% elif not trimmed.startswith("+") and digits.startswith("0") and code %}
        {% set digits = code ~ digits[1:] %}
    {% endif %}
    {{ return([digits, "00" ~ digits] + (["0" ~ digits[code | length:]] if code and digits.startswith(code) else [])) }}
{% endmacro %}


{#- A regular expression for the addresses of a setting: `noreply@` matches all with that name, `.invalid` and
    `@shop.example` all with that ending, anything else only itself. -#}
{% macro address_pattern(setting) %}
    {% set values = retention.list_setting(setting) %}
    {% set values = values + (retention.list_setting("unidentified_values") if setting == "placeholder_addresses" else []) %}
    {% set parts = [] %}
    {% for value in values if value %}
        {% set plain = namespace(text="") %}
        {% for letter in value | lower %}
            {% set plain.text = plain.text ~ (letter if letter.isalnum() or letter in "@- " else "." if letter in "^\\" else "[" ~ letter ~ "]") %}
        {% endfor %}
        {% do parts.append(
            "^" ~ plain.text if value.endswith("@") else plain.text ~ "$" if value[0] in "@." else "^" ~ plain.text ~ "$"
        ) %}
    {% endfor %}
    {{ return(parts | join("|") or "^$") }}
{% endmacro %}
