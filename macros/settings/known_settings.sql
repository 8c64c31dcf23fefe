{#- Every setting, and what it affects: `figures` (the definition of published figures; a change restates them),
    `tables` (which tables, rows and columns exist), or `run` (how a run works, with no effect on figures). -#}
{% macro known_settings() %}
    {{ return({
        "raw_orders": "tables",
        "raw_order_lines": "tables",
        "raw_rejected_rows": "tables",
        "raw_customers": "tables",
        "raw_refunds": "tables",
        "raw_costs": "tables",
        "raw_exchange_rates": "tables",
        "raw_survey_responses": "tables",
        "raw_annotations": "tables",
        "columns": "figures",
        "source_format": "figures",
        "minor_units": "figures",
        "prices_include_tax": "figures",
        "activity_window_days": "figures",
        "activity_window_column": "figures",
        "period_grains": "tables",
        "week_start": "figures",
        "fiscal_year_start_month": "figures",
        "reporting_timezone": "figures",
        "source_timezone": "figures",
        "reporting_currency": "figures",
        "as_of_date": "tables",
        "history_starts_on": "tables",
        "excluded_statuses": "figures",
        "purchase_statuses": "figures",
        "unknown_statuses": "figures",
        "minimum_order_value": "figures",
        "refund_dating": "figures",
        "customer_identity": "figures",
        "guest_customer_ids": "figures",
        "placeholder_addresses": "figures",
        "unidentified_values": "figures",
        "shared_mailboxes": "figures",
        "identity_link_limit": "figures",
        "phone_calling_code": "figures",
        "customers_across_stores": "figures",
        "segment_columns": "tables",
        "repurchase_windows": "tables",
        "clv_horizon_days": "tables",
        "clv_discount_rate_annual": "tables",
        "clv_minimum_customers": "tables",
        "clv_parameters": "tables",
        "purchase_probability_days": "tables",
        "tested_customers": "run",
        "largest_fall_of_inputs": "run",
        "largest_rise_of_rejects": "run",
        "accept_smaller_inputs": "run",
        "unit_tests": "run",
    }) }}
{% endmacro %}


{#- The values of settings as one text. -#}
{% macro settings_text(types) %}
    {% set texts = ["orders: " ~ ("demo shop" if retention.uses_demo_shop() else "own")] %}
    {% for name, type in retention.known_settings().items() if type in types %}
        {% set value = var(name) %}
        {% if value is not string and value is not mapping and value is iterable %}
            {% set value = value | map("string") | map("lower") | unique | sort | join(", ") %}
        {% endif %}
        {#- An address that is a placeholder in a shop can still be somebody's. #}
        {% do texts.append(name ~ ": " ~ (local_md5(value | string) if "@" in value | string else value)) %}
    {% endfor %}
    {{ return(texts | join("; ")) }}
{% endmacro %}


{#- Stops if a setting is misspelt: it would be ignored and its default used. In somebody else's project, names unlike
    ours are ignored. -#}
{% macro refuse_unknown_settings() %}
    {% set given = invocation_args_dict.get("vars") or {} %}
    {% set given = given if given is mapping else fromyaml(given) %}
    {% set known = retention.known_settings() %}
    {% set of_projects = (adapter.config.vars.to_dict() if execute else {}).get("retention") or {} %}
    {% for name in retention.settings_of_file_reader() if name in (given or {}) or name in of_projects %}
        {% do exceptions.raise_compiler_error(
            name ~ ": dbt reads ISO dates and plain numbers only; run `python3 retention.py build FILE`, which reads other files"
        ) %}
    {% endfor %}
    {% for name in (given or {}) if name not in known and name != "retention" %}
        {% set nearest = retention.nearest_setting(name) %}
        {% if project_name == "retention" or nearest.similarity >= 0.6 %}
            {% do exceptions.raise_compiler_error(
                name ~ ": there is no such setting; did you mean " ~ nearest.name ~ "?"
            ) %}
        {% endif %}
    {% endfor %}
    {% for name in of_projects if name not in known %}
        {% do exceptions.raise_compiler_error(
            name ~ ": there is no such setting (vars: retention: in dbt_project.yml); did you mean "
            ~ retention.nearest_setting(name).name ~ "?"
        ) %}
    {% endfor %}
{% endmacro %}


{#- Settings from when dbt read files, before `retention.py build` did; ignoring one would change figures. -#}
{% macro settings_of_file_reader() %}
    {{ return(["date_order", "decimal_separator", "shipping_stock_codes", "excluded_stock_codes"]) }}
{% endmacro %}


{#- The setting whose name shares the most letter pairs with a given name (Dice's coefficient, 0 to 1). -#}
{% macro nearest_setting(name) %}
    {% set nearest = namespace(name="", similarity=-1) %}
    {% for setting in retention.known_settings() %}
        {% set common = [] %}
        {% for start in range(name | length - 1) if name[start:start + 2] in setting %}
            {% do common.append(start) %}
        {% endfor %}
        {% set similarity = 2 * (common | length) / ([name | length + setting | length - 2, 1] | max) %}
        {% if similarity > nearest.similarity %}
            {% set nearest.name, nearest.similarity = setting, similarity %}
        {% endif %}
    {% endfor %}
    {{ return({"name": nearest.name, "similarity": nearest.similarity}) }}
{% endmacro %}
