{#- Stops the run before any model is built when a setting is invalid. Each message names the
    setting and says what to do. -#}
{% macro validate_settings() %}
    {% set window = var("activity_window_days") | string | trim %}
    {% if not (window | lower == "period" or (modules.re.fullmatch("[0-9]{1,5}", window) and 0 < window | int <= 36500)) %}
        {% do exceptions.raise_compiler_error(
            "activity_window_days: '" ~ window ~ "' is neither a number of days (1 to 36500) nor the word period"
        ) %}
    {% endif %}

    {% do retention.validate_whole_number("tested_customers", 1, 1000000000) %}

    {% for setting in ["largest_fall_of_inputs", "largest_rise_of_rejects"]
        if not modules.re.fullmatch("(0|1|0?[.][0-9]{1,6}|1[.]0+)", var(setting) | string) %}
        {% do exceptions.raise_compiler_error(
            setting ~ ": '" ~ var(setting) ~ "' is not a share from 0 to 1, such as 0.1 for a tenth"
        ) %}
    {% endfor %}
    {% do retention.validate_yes_or_no("accept_smaller_inputs") %}
    {% do retention.validate_whole_number("identity_link_limit", 1, 1000000000) %}
    {% do retention.validate_whole_number("fiscal_year_start_month", 1, 12) %}
    {% do retention.validate_yes_or_no("customers_across_stores") %}
    {% if not modules.re.fullmatch("[0-9]{1,9}([.][0-9]{1,4})?", var("minimum_order_value") | string) %}
        {% do exceptions.raise_compiler_error(
            "minimum_order_value: '" ~ var("minimum_order_value") ~ "' is not an amount such as 0.01, with four decimals at most"
        ) %}
    {% endif %}
    {% do retention.validate_repurchase_windows() %}
    {% if var("activity_window_column") is not string %}
        {% do exceptions.raise_compiler_error("activity_window_column: is not the name of a column") %}
    {% elif var("activity_window_column") and retention.activity_window_is_period() %}
        {% do exceptions.raise_compiler_error(
            "activity_window_column: cannot be together with activity_window_days: period; give a number of days"
        ) %}
    {% endif %}

    {% for setting in ["excluded_statuses", "purchase_statuses", "segment_columns", "guest_customer_ids", "placeholder_addresses", "unidentified_values", "shared_mailboxes"] %}
        {% do retention.list_setting(setting) %}
    {% endfor %}
    {% do retention.period_grains() %}

    {% if var("prices_include_tax") | string | lower not in ["", "true", "false"] %}
        {% do exceptions.raise_compiler_error(
            "prices_include_tax: '" ~ var("prices_include_tax") ~ "' is not one of true or false"
        ) %}
    {% endif %}
    {% for setting, choices in {
        "week_start": ["monday", "sunday", "saturday"],
        "refund_dating": ["refund", "order"],
        "unknown_statuses": ["purchase", "no_purchase"],
        "customer_identity": ["customer_id", "email", "phone"],
    }.items() if var(setting) is not string or var(setting) not in choices %}
        {% do exceptions.raise_compiler_error(
            setting ~ ": '" ~ var(setting) ~ "' is not one of " ~ choices | select | join(" or ")
        ) %}
    {% endfor %}

    {% if var("as_of_date") and not retention.is_iso_date(var("as_of_date") | string) %}
        {% do exceptions.raise_compiler_error(
            "as_of_date: '" ~ var("as_of_date") ~ "' is not a date of the form 2026-06-30, from 1900 on"
        ) %}
    {% endif %}

    {% if var("history_starts_on") and not retention.is_iso_date(var("history_starts_on") | string) %}
        {% do exceptions.raise_compiler_error(
            "history_starts_on: '" ~ var("history_starts_on") ~ "' is not a date of the form 2026-06-30, from 1900 on"
        ) %}
    {% endif %}
    {#- One day of grace keeps orders from time zones ahead of the server's. #}
    {% set tomorrow = (modules.datetime.datetime.now(modules.pytz.utc) + modules.datetime.timedelta(days=1)).strftime("%Y-%m-%d") %}
    {% if var("as_of_date") and var("as_of_date") | string > tomorrow %}
        {% do exceptions.raise_compiler_error(
            "as_of_date: '" ~ var("as_of_date") ~ "' is in the future; nothing is known of days to come, so give " ~ tomorrow
            ~ " at the latest, or leave it out"
        ) %}
    {% endif %}

    {% if var("reporting_currency") and not modules.re.fullmatch("[A-Za-z]{3}", var("reporting_currency") | string) %}
        {% do exceptions.raise_compiler_error(
            "reporting_currency: '" ~ var("reporting_currency") ~ "' is not a three-letter currency code such as EUR"
        ) %}
    {% endif %}

    {% set zones = var("source_timezone") or "" %}
    {% if zones is mapping and zones.keys() | reject("in", retention.inputs()) | list %}
        {% do exceptions.raise_compiler_error(
            "source_timezone: '" ~ zones.keys() | reject("in", retention.inputs()) | first ~ "' is not one of " ~ retention.inputs() | join(", ")
        ) %}
    {% endif %}
    {% for zone in (zones.values() if zones is mapping else [zones]) if zone and zone | string not in modules.pytz.all_timezones_set %}
        {% do exceptions.raise_compiler_error(
            "source_timezone: '" ~ zone ~ "' is not a time zone name such as Europe/Berlin"
        ) %}
    {% endfor %}

    {% set timezone = var("reporting_timezone") | string %}
    {% if timezone not in modules.pytz.all_timezones_set %}
        {% do exceptions.raise_compiler_error(
            "reporting_timezone: '" ~ timezone ~ "' is not a time zone name such as Europe/Berlin"
        ) %}
    {% endif %}

    {% set segment_columns = retention.list_setting("segment_columns") %}
    {% if segment_columns | map("lower") | unique | list | length < segment_columns | length %}
        {% do exceptions.raise_compiler_error("segment_columns: a column is listed twice") %}
    {% endif %}
    {% for column in segment_columns %}
        {% if column | lower in retention.reserved_columns() or retention.plain_name(column) in retention.personal_columns() %}
            {% do exceptions.raise_compiler_error(
                "segment_columns: '" ~ column ~ "' is the name of a column the project makes or keeps private; rename yours"
            ) %}
        {% elif '"' in column or not column.isprintable() %}
            {% do exceptions.raise_compiler_error(
                "segment_columns: '" ~ column ~ "' has a double quote or a control character in it; rename the column"
            ) %}
        {% endif %}
    {% endfor %}

    {% set formats = ["generic"] + retention.source_formats() | list %}
    {% if var("source_format") not in formats %}
        {% do exceptions.raise_compiler_error(
            "source_format: '" ~ var("source_format") ~ "' is none of " ~ formats | join(", ")
            ~ "; run `python3 retention.py build FILE` to read an export"
        ) %}
    {% endif %}
    {% set minor_units = var("minor_units") or {} %}
    {% for input, columns in minor_units.items() if minor_units is mapping %}
        {% if input not in retention.inputs() or columns is string or columns | reject("in", retention.inputs()[input].required + retention.inputs()[input].optional) | list %}
            {% do exceptions.raise_compiler_error(
                "minor_units: write it as {raw_orders: [gross_amount]}, with the project's own names of inputs and columns"
            ) %}
        {% endif %}
    {% endfor %}

    {% do retention.validate_columns_setting() %}
    {% do retention.refuse_unknown_settings() %}

    {% for input in retention.inputs() if input != "raw_orders" and var(input) and retention.uses_demo_shop() %}
        {% do exceptions.raise_compiler_error(
            input ~ ": is set while raw_orders is not; set raw_orders too (the demo shop is never mixed with other data)"
        ) %}
    {% endfor %}
{% endmacro %}


{#- Stops if the setting `columns` is not a mapping, or names an input or column that the project does not know. -#}
{% macro validate_columns_setting() %}
    {% set given = var("columns") or {} %}
    {% if given is not mapping %}
        {% do exceptions.raise_compiler_error("columns: write it as {raw_orders: {order_id: \"Order ID\"}}") %}
    {% endif %}
    {% for input, names in given.items() %}
        {% set known = retention.inputs().get(input) %}
        {% if not known or names is not mapping %}
            {% do exceptions.raise_compiler_error(
                "columns: '" ~ input ~ "' is not one of " ~ retention.inputs() | join(", ") ~ " with names of columns under it"
            ) %}
        {% endif %}
        {% for name in names if name not in known.required + known.optional %}
            {% do exceptions.raise_compiler_error(
                "columns: " ~ input ~ " has no column '" ~ name ~ "'; name one of " ~ (known.required + known.optional) | join(", ")
            ) %}
        {% endfor %}
    {% endfor %}
{% endmacro %}


{#- Stops the run if a setting is neither true nor false. -#}
{% macro validate_yes_or_no(setting) %}
    {% if var(setting) not in [true, false] %}
        {% do exceptions.raise_compiler_error(setting ~ ": '" ~ var(setting) ~ "' is neither true nor false") %}
    {% endif %}
{% endmacro %}


{#- Stops the run if a setting is not a whole number between two bounds. -#}
{% macro validate_whole_number(setting, lowest, highest) %}
    {% set value = var(setting) | string | trim %}
    {% if not (value.isascii() and value.isdigit() and lowest <= value | int <= highest) %}
        {% do exceptions.raise_compiler_error(
            setting ~ ": '" ~ value ~ "' is not a whole number from " ~ lowest ~ " to " ~ highest
        ) %}
    {% endif %}
{% endmacro %}


{#- Whether a text is an existing calendar date, written as 2026-06-30. -#}
{% macro is_iso_date(text) %}
    {% if not modules.re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) %}
        {{ return(false) }}
    {% endif %}
    {% set year, month, day = text[:4] | int, text[5:7] | int, text[8:] | int %}
    {% set is_leap_year = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) %}
    {% set days = [31, 29 if is_leap_year else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] %}
    {{ return(1900 <= year and 1 <= month <= 12 and 1 <= day <= days[month - 1]) }}
{% endmacro %}


{#- Names a segment column cannot have: the other columns of retention__customers, and personal data. -#}
{% macro reserved_columns() %}
    {{ return([
        "customer_key", "first_order_date", "last_order_date", "orders", "net_revenue", "historical_clv",
        "lapse_date", "status", "is_repeat_customer", "recency_score", "frequency_score", "monetary_score",
        "rfm_segment", "probability_alive", "expected_purchases", "expected_order_value", "predicted_clv",
        "value_at_risk", "probability_of_purchase", "expected_next_order_date", "churn_risk", "historical_margin",
        "contribution_margin_1", "contribution_margin_2",
        "email", "phone", "all",
    ]) }}
{% endmacro %}


{#- Names of columns that name or locate people, without capitals, blanks, `_` and `-`: they cannot be segments. -#}
{% macro personal_columns() %}
    {{ return([
        "email", "phone", "name", "firstname", "lastname", "customername", "billingname", "shippingname", "billingaddress1",
        "billingaddress2", "shippingaddress1", "shippingaddress2", "billingstreet", "shippingstreet", "billingphone",
        "shippingphone", "billingzip", "shippingzip", "address", "street", "postcode", "zip", "iban",
    ]) }}
{% endmacro %}
