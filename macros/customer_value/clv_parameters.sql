{#- The parameters of each model of the predicted CLV, in the order of the literature. bg_nbd and mbg_nbd are two models of
    how often and how long a customer buys; one of them is used. -#}
{% macro clv_model_parameters() %}
    {{ return({
        "bg_nbd": ["r", "alpha", "a", "b"],
        "mbg_nbd": ["r", "alpha", "a", "b"],
        "gamma_gamma": ["p", "q", "v"],
    }) }}
{% endmacro %}


{#- The columns of a fit that hold whole numbers. -#}
{% macro clv_fit_counts() %}
    {{ return(["customers", "repeat_customers", "holdout_months", "holdout_months_in_interval"]) }}
{% endmacro %}


{#- The hold-out measures of a prediction, each for the model and for both baselines. -#}
{% macro clv_quality_columns() %}
    {% set columns = [] %}
    {% for prefix in ["", "rate_baseline_", "mean_baseline_"] %}
        {% for measure in [
            "mean_absolute_error", "root_mean_squared_error", "spearman_correlation", "normalised_gini",
            "top_tenth_share", "brier_score",
        ] %}
            {% do columns.append(prefix ~ measure) %}
        {% endfor %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#- The columns of a fit that hold numbers, in the order of retention__clv_model. -#}
{% macro clv_fit_numbers() %}
    {% set columns = [] %}
    {% for suffix in ["", "_standard_error"] %}
        {% for parameter in ["r", "alpha", "a", "b", "p", "q", "v"] %}
            {% do columns.append(parameter ~ suffix) %}
        {% endfor %}
    {% endfor %}
    {{ return(
        columns
        + ["log_likelihood", "customers", "repeat_customers", "holdout_weeks", "holdout_actual", "holdout_expected"]
        + ["holdout_months", "holdout_months_in_interval"] + retention.clv_quality_columns()
    ) }}
{% endmacro %}


{#- The columns of a fit that are true or false. -#}
{% macro clv_fit_flags() %}
    {{ return(["beats_baseline", "is_used"]) }}
{% endmacro %}


{#- The columns of a fit that are sentences. -#}
{% macro clv_fit_texts() %}
    {{ return(["choice_reason", "refused_reason", "holdout_refused_reason"]) }}
{% endmacro %}


{#- What fit-clv delivers besides the fits, as rows of numbers and the date month_start: the columns of each kind. -#}
{% macro clv_result_columns() %}
    {{ return({
        "tenth": [
            "tenth", "customers", "expected_purchases", "actual_purchases", "expected_buyers", "actual_buyers",
            "expected_value", "actual_value",
        ],
        "month": [
            "month_start", "is_holdout", "expected_orders", "expected_orders_low", "expected_orders_high",
            "expected_buyers", "expected_buyers_low", "expected_buyers_high",
            "expected_revenue", "expected_revenue_low", "expected_revenue_high",
            "actual_orders", "actual_buyers", "actual_revenue",
        ],
    }) }}
{% endmacro %}


{#- The setting clv_parameters as a dictionary of fits by model, and of lists of rows by kind; empty where it is not set. Only
    numbers, and texts as literals, reach the SQL: anything else stops the run with a message that says what to do. -#}
{% macro clv_parameters() %}
    {% set given = var("clv_parameters", {}) or {} %}
    {% if given is not mapping %}
        {% do exceptions.raise_compiler_error(
            "clv_parameters: give a dictionary such as {bg_nbd: {r: 0.24, alpha: 4.4, a: 0.8, b: 2.4}}"
        ) %}
    {% endif %}
    {% set fits = {} %}
    {% for model, fit in given.items() %}
        {% if model in retention.clv_result_columns() %}
            {% do fits.update({model: retention.clv_parameter_rows(model, fit)}) %}
        {% elif model not in retention.clv_model_parameters() or fit is not mapping %}
            {% do exceptions.raise_compiler_error(
                "clv_parameters: '" ~ model ~ "' is not one of "
                ~ retention.clv_model_parameters() | join(", ") ~ ", each with its parameters as a dictionary"
            ) %}
        {% else %}
            {% do fits.update({model: retention.clv_parameters_of_fit(model, fit)}) %}
        {% endif %}
    {% endfor %}
    {{ return(fits) }}
{% endmacro %}


{#- One fit of the setting clv_parameters, reduced to known columns. -#}
{% macro clv_parameters_of_fit(model, fit) %}
    {% set known = {} %}
    {% for column in retention.clv_fit_numbers() if fit.get(column) is not none %}
        {% do known.update({column: retention.clv_number(fit[column], column ~ " of " ~ model)}) %}
    {% endfor %}
    {% for parameter in retention.clv_model_parameters()[model] if not fit.get("refused_reason") or parameter in known %}
        {% if known.get(parameter, 0) <= (1 if parameter == "q" else 0) %}
            {% do exceptions.raise_compiler_error(
                "clv_parameters: " ~ model ~ " needs " ~ parameter ~ " as a number above "
                ~ (1 if parameter == "q" else 0)
            ) %}
        {% endif %}
    {% endfor %}
    {% for flag in retention.clv_fit_flags() if fit.get(flag) is not none %}
        {% do known.update({flag: fit[flag] | as_bool}) %}
    {% endfor %}
    {% for text in retention.clv_fit_texts() if fit.get(text) %}
        {% do known.update({text: fit[text] | string}) %}
    {% endfor %}
    {{ return(known) }}
{% endmacro %}


{#- The rows of one kind in the setting clv_parameters, reduced to known columns. -#}
{% macro clv_parameter_rows(kind, rows) %}
    {% set known = [] %}
    {% for row in rows %}
        {% set numbers = {} %}
        {% for column in retention.clv_result_columns()[kind] if row.get(column) is not none %}
            {% if column == "month_start" and modules.re.match("^[0-9]{4}-[0-9]{2}-01$", row[column] | string) %}
                {% do numbers.update({column: row[column] | string}) %}
            {% else %}
                {% do numbers.update({column: retention.clv_number(row[column], column ~ " of " ~ kind)}) %}
            {% endif %}
        {% endfor %}
        {% do known.append(numbers) %}
    {% endfor %}
    {{ return(known) }}
{% endmacro %}


{#- A number of the setting clv_parameters; anything else stops the run. -#}
{% macro clv_number(value, name) %}
    {% if value is not number or value is boolean or value | string | lower in ["nan", "inf", "-inf"] %}
        {% do exceptions.raise_compiler_error("clv_parameters: " ~ name ~ " is '" ~ value ~ "', not a number") %}
    {% endif %}
    {{ return(value) }}
{% endmacro %}
