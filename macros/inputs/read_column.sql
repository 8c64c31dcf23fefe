{#- How an input column is read. Each macro takes the columns of an input (`input_columns`) and the name of one of them,
    and gives NULL where the input has no such column. Typed values are used as they are; text is read if it is ISO 8601
    or a plain number. -#}

{#- Text without surrounding blanks, NULL where it means "no value". -#}
{% macro text_column(columns, name) -%}
    {%- set column = columns.get(name) -%}
    {%- if not column -%}
    cast(null as {{ dbt.type_string() }})
    {%- elif retention.is_text(column.type) -%}
    {{ retention.clean_text(retention.quoted(column.name), retention.null_words()) }}
    {%- elif column.type.startswith(("double", "float", "real")) -%}
    {#- A data frame with missing values stores the id 7 as 7.0. #}
    cast({{ retention.try_cast(retention.quoted(column.name), dbt.type_bigint()) }} as {{ dbt.type_string() }})
    {%- else -%}
    cast({{ retention.quoted(column.name) }} as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}


{#- The file that a row is from, if the input is a glob of several. -#}
{% macro file_column(found) -%}
    {%- set column = found.get(retention.plain_name(retention.file_name_column())) -%}
    {{ retention.quoted(column.name) if column else "cast(null as " ~ dbt.type_string() ~ ")" }}
{%- endmacro %}


{#- An attribute of customers or orders that segments them; NA can be Namibia there, and none a loyalty tier. -#}
{% macro attribute_column(found, dimension) -%}
    {%- set column = found.get(retention.plain_name(dimension)) -%}
    {%- if column -%}
    {{ retention.clean_text(
        "cast(" ~ retention.quoted(column.name) ~ " as " ~ dbt.type_string() ~ ")",
        retention.null_words() | reject("in", ["na", "none"]) | list,
    ) }}
    {%- else -%}
    cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}


{#- A timestamp in UTC. -#}
{% macro time_column(columns, name) -%}
    {%- set column = columns.get(name) -%}
    {%- if not column -%}
    cast(null as timestamp)
    {%- elif column.is_epoch and not retention.is_text(column.type) and not column.type.startswith(("timestamp", "date")) -%}
    {{ dbt.dateadd("second", "cast(" ~ retention.quoted(column.name) ~ " as bigint)", "cast('1970-01-01' as timestamp)") }}
    {%- elif retention.is_text(column.type) and column.zone -%}
    {%- set text = retention.text_column(columns, name) -%}
    {%- set moment = retention.iso_time(text) -%}
    {#- A date without a time is midnight in no particular time zone. #}
    case
            when length({{ text }}) <= 10 or {{ retention.matches_pattern(text, "[0-9](Z| Z| ?[+-][0-9]{2}(:?[0-9]{2})?)$") }} and length({{ text }}) > 16
                then {{ moment }}
            else {{ retention.convert_timezone(moment, column.zone, "UTC") }}
        end
    {%- elif retention.is_text(column.type) -%}
    {{ retention.iso_time(retention.text_column(columns, name)) }}
    {%- elif column.zone and column.type != "date" and not ("with time zone" in column.type or column.type == "timestamptz") -%}
    {{ retention.convert_timezone("cast(" ~ retention.quoted(column.name) ~ " as timestamp)", column.zone, "UTC") }}
    {%- elif "with time zone" in column.type or column.type == "timestamptz" -%}
    {{ retention.utc_time(retention.quoted(column.name)) }}
    {%- else -%}
    cast({{ retention.quoted(column.name) }} as timestamp)
    {%- endif -%}
{%- endmacro %}


{#- The date of a timestamp in the reporting time zone: first converted, then truncated. A date without a time is the
    calendar date and is never shifted. -#}
{% macro date_column(columns, name) -%}
    {%- set column = columns.get(name) -%}
    {%- set moment = retention.time_column(columns, name) -%}
    {%- set zone = var("reporting_timezone") -%}
    {%- if not column or zone == "UTC" or column.type == "date" -%}
    cast({{ moment }} as date)
    {%- else -%}
    {%- set date = "cast(" ~ retention.convert_timezone(moment, "UTC", zone) ~ " as date)" -%}
    {%- if retention.is_text(column.type) -%}
    case when length({{ retention.text_column(columns, name) }}) <= 10 then cast({{ moment }} as date) else {{ date }} end
    {%- else -%}
    {{ date }}
    {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#- An amount of money. -#}
{% macro amount_column(columns, name) -%}
    {%- set column = columns.get(name) -%}
    {%- if column and column.is_minor -%}
    cast({{ retention.amount_as_written(columns, name) }} / {{ retention.units_of_currency(columns) }} as {{ retention.type_amount() }})
    {%- else -%}
    {{ retention.amount_as_written(columns, name) }}
    {%- endif -%}
{%- endmacro %}


{#- The currency of a row's amounts: its own, else that of its order if amounts in minor units need it
    (join_currencies_of_orders), else the reporting currency. -#}
{% macro currency_of_row(columns, is_minor=false) -%}
    {%- set known = [] -%}
    {%- if "currency" in columns -%}
    {%- do known.append("upper(" ~ retention.text_column(columns, "currency") ~ ")") -%}
    {%- endif -%}
    {%- if is_minor and columns.values() | selectattr("is_of_order", "defined") | list -%}
    {%- do known.append("order_currencies.currency_of_order") -%}
    {%- endif -%}
    {%- if var("reporting_currency") -%}
    {%- do known.append(retention.text_literal(var("reporting_currency") | upper)) -%}
    {%- endif -%}
    {%- if known | length > 1 -%}
    coalesce({{ known | join(", ") }})
    {%- else -%}
    {{ known[0] if known else "cast(null as " ~ dbt.type_string() ~ ")" }}
    {%- endif -%}
{%- endmacro %}


{#- A join of the currencies of orders, for amounts of refunds and lines in minor units. -#}
{% macro join_currencies_of_orders(input, columns) -%}
    {%- if retention.minor_units(input) -%}
    {%- set orders = retention.input_columns("raw_orders") -%}
    left join (
        select
            {{ retention.order_id_column(orders) }} as order_id_of_currency,
            max(upper({{ retention.text_column(orders, "currency") }})) as currency_of_order
        from {{ retention.input_source("raw_orders") }}
        group by 1
    ) as order_currencies
        on {{ retention.order_id_column(columns) }} = order_currencies.order_id_of_currency
    {%- endif -%}
{%- endmacro %}


{#- How many minor units make one unit of a row's currency: 100, except for currencies with none or with three
    decimals. -#}
{% macro units_of_currency(columns) -%}
    {%- set currency = retention.currency_of_row(columns, is_minor=true) -%}
    case
            when {{ currency }} in ('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF')
                then 1
            when {{ currency }} in ({{ retention.currencies_of_three_decimals() }}) then 1000
            else 100
        end
{%- endmacro %}


{% macro amount_as_written(columns, name) -%}
    {%- set column = columns.get(name) -%}
    {%- if column and retention.is_text(column.type) -%}
    {%- set currency = retention.currency_of_row(columns) if "currency" in columns or var("reporting_currency") -%}
    {{ retention.plain_amount(retention.text_column(columns, name), retention.type_amount(), currency) }}
    {%- else -%}
    {{ retention.number_column(columns, name, retention.type_amount()) }}
    {%- endif -%}
{%- endmacro %}


{#- An aggregate: -1 where a column has negative amounts and no positive ones, else 1. -#}
{% macro column_sign(columns, name) -%}
    {%- if name in columns -%}
    {%- set amount = retention.amount_as_written(columns, name) -%}
    case when min({{ amount }}) < 0 and max({{ amount }}) <= 0 then -1 else 1 end
    {%- else -%}
    coalesce(max(1), 1)
    {%- endif -%}
{%- endmacro %}


{#- A deducted amount, without the minus that its column may be written with. Expects stg_retention__amount_signs as
    `amount_signs`. -#}
{% macro unsigned_amount_column(columns, name, sign=none) -%}
    {%- set amount = retention.amount_column(columns, name) -%}
    {%- if name in columns -%}
    case when amount_signs.sign_of_{{ sign or name }} = -1 then -{{ amount }} else {{ amount }} end
    {%- else -%}
    {{ amount }}
    {%- endif -%}
{%- endmacro %}


{#- A condition: is any of the columns present? -#}
{% macro has_any(columns, names) %}
    {{ return("1 = 1" if names | select("in", columns) | list else "1 = 0") }}
{% endmacro %}


{% macro number_column(columns, name, type) -%}
    {%- set column = columns.get(name) -%}
    {%- if not column -%}
    cast(null as {{ type }})
    {%- elif retention.is_text(column.type) -%}
    {{ retention.plain_number(retention.text_column(columns, name), type) }}
    {%- else -%}
    {{ retention.try_cast(retention.quoted(column.name), type) }}
    {%- endif -%}
{%- endmacro %}


{#- The text of a time or number, in case it could not be read; a typed value always can. -#}
{% macro written_text(columns, name) -%}
    {%- if name in columns and not retention.is_text(columns[name].type) and columns[name].type.startswith(("double", "float", "real")) -%}
    cast({{ retention.quoted(columns[name].name) }} as {{ dbt.type_string() }})
    {%- elif name in columns and retention.is_text(columns[name].type) -%}
    {{ retention.text_column(columns, name) }}
    {%- else -%}
    cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}


{% macro is_text(type) %}
    {{ return(type.startswith(("varchar", "text", "string", "character", "char", "nvarchar"))) }}
{% endmacro %}


{#- What people and programs write into a field without a value, in lower case; four characters at most. -#}
{% macro null_words() %}
    {{ return(["", "-", "null", "\\n", "na", "n/a", "#n/a", "nan", "nat", "none"]) }}
{% endmacro %}
