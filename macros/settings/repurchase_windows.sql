{#- Days since the first order after which customers are compared, in ascending order; checked in `validate_settings`. -#}
{% macro repurchase_windows() %}
    {{ return(retention.list_setting("repurchase_windows") | map("int") | unique | sort) }}
{% endmacro %}


{#- Stops if a window is not a number of days. -#}
{% macro validate_repurchase_windows() %}
    {% set windows = retention.list_setting("repurchase_windows") %}
    {% for window in windows if not (window.isascii() and window.isdigit() and 0 < window | int <= 36500) %}
        {% do exceptions.raise_compiler_error(
            "repurchase_windows: '" ~ window ~ "' is not a number of days from 1 to 36500; write for instance [30, 90, 365]"
        ) %}
    {% endfor %}
    {% if not windows %}
        {% do exceptions.raise_compiler_error("repurchase_windows: name at least one number of days, such as [90]") %}
    {% endif %}
{% endmacro %}
