{#- The parameters of each model of the predicted CLV, in the order of the literature. -#}
{% macro clv_model_parameters() %}
    {{ return({"bg_nbd": ["r", "alpha", "a", "b"], "gamma_gamma": ["p", "q", "v"]}) }}
{% endmacro %}


{#- The columns of a fit that count customers. -#}
{% macro clv_fit_counts() %}
    {{ return(["customers", "repeat_customers"]) }}
{% endmacro %}


{#- The columns of a fit that hold numbers, in the order of retention__clv_model. -#}
{% macro clv_fit_numbers() %}
    {% set columns = [] %}
    {% for suffix in ["", "_standard_error"] %}
        {% for parameters in retention.clv_model_parameters().values() %}
            {% for parameter in parameters %}
                {% do columns.append(parameter ~ suffix) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {{ return(
        columns + ["log_likelihood"] + retention.clv_fit_counts()
        + ["holdout_weeks", "holdout_actual", "holdout_expected"]
    ) }}
{% endmacro %}


{#- The setting clv_parameters as a dictionary of fits by model; empty where it is not set. Only numbers
    reach the SQL: everything else stops the run with a message that names the mend. -#}
{% macro clv_parameters() %}
    {% set given = var("clv_parameters", {}) or {} %}
    {% if given is not mapping %}
        {% do exceptions.raise_compiler_error(
            "clv_parameters: give a dictionary such as {bg_nbd: {r: 0.24, alpha: 4.4, a: 0.8, b: 2.4}}"
        ) %}
    {% endif %}
    {% set fits = {} %}
    {% for model, fit in given.items() %}
        {% if model not in retention.clv_model_parameters() or fit is not mapping %}
            {% do exceptions.raise_compiler_error(
                "clv_parameters: '" ~ model ~ "' is not one of "
                ~ retention.clv_model_parameters() | join(", ") ~ ", each with its parameters as a dictionary"
            ) %}
        {% endif %}
        {% set numbers = {} %}
        {% for column in retention.clv_fit_numbers() if fit.get(column) is not none %}
            {% if fit[column] is not number or fit[column] is boolean or fit[column] | string | lower in ["nan", "inf", "-inf"] %}
                {% do exceptions.raise_compiler_error(
                    "clv_parameters: " ~ column ~ " of " ~ model ~ " is '" ~ fit[column] ~ "', not a number"
                ) %}
            {% endif %}
            {% do numbers.update({column: fit[column]}) %}
        {% endfor %}
        {% for parameter in retention.clv_model_parameters()[model] if not fit.get("refused_reason") %}
            {% if numbers.get(parameter, 0) <= (1 if parameter == "q" else 0) %}
                {% do exceptions.raise_compiler_error(
                    "clv_parameters: " ~ model ~ " needs " ~ parameter ~ " as a number above "
                    ~ (1 if parameter == "q" else 0)
                ) %}
            {% endif %}
        {% endfor %}
        {% for text in ["refused_reason", "holdout_refused_reason"] if fit.get(text) %}
            {% do numbers.update({text: fit[text] | string}) %}
        {% endfor %}
        {% do fits.update({model: numbers}) %}
    {% endfor %}
    {{ return(fits) }}
{% endmacro %}
