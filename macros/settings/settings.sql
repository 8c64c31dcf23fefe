{#- Settings that need more than reading their var. -#}

{#- A list setting, as texts. Checked here rather than before the run, since dbt parses the models first. -#}
{% macro list_setting(name) %}
    {% set values = var(name) %}
    {% if values is string or values is mapping or values is not iterable %}
        {% do exceptions.raise_compiler_error(name ~ ": '" ~ values ~ "' is no list; write it as [" ~ (values or "...") ~ "]") %}
    {% endif %}
    {{ return(values | map("string") | list) }}
{% endmacro %}


{% macro period_grains() %}
    {% set known_grains = ["week", "month", "quarter", "year"] %}
    {% set grains = retention.list_setting("period_grains") %}
    {% if not grains or grains | unique | list | length < grains | length %}
        {% do exceptions.raise_compiler_error(
            "period_grains: give each of " ~ known_grains | join(", ") ~ " once at most, and one of them at least, such as [month]"
        ) %}
    {% endif %}
    {% for grain in grains if grain not in known_grains %}
        {% do exceptions.raise_compiler_error(
            "period_grains: '" ~ grain ~ "' is not one of " ~ known_grains | join(", ")
        ) %}
    {% endfor %}
    {#- In fixed order, whatever the setting's: longer periods are built from shorter ones. #}
    {{ return(known_grains | select("in", grains) | list) }}
{% endmacro %}


{% macro activity_window_days() %}
    {{ return(var("activity_window_days") | int) }}
{% endmacro %}


{#- Whether a customer is active in the period of a purchase, rather than for a number of days after it. -#}
{% macro activity_window_is_period() %}
    {{ return(var("activity_window_days") | string | trim | lower == "period") }}
{% endmacro %}


{% macro shortest_grain() %}
    {{ return(retention.period_grains() | first) }}
{% endmacro %}


{#- The bundled demo shop is used only if no own orders are named. -#}
{% macro uses_demo_shop() %}
    {{ return(not retention.input_value("raw_orders")) }}
{% endmacro %}


{#- Customer attributes that become segment dimensions; the demo shop brings its own. -#}
{% macro segment_columns() %}
    {% set columns = retention.list_setting("segment_columns") %}
    {% if columns %}
        {{ return(columns) }}
    {% elif retention.uses_demo_shop() %}
        {{ return(["country", "acquisition_channel", "loyalty_tier"]) }}
    {% else %}
        {{ return([]) }}
    {% endif %}
{% endmacro %}


{#- The segment dimensions whose values are marketing channels, so that costs can be split by them. -#}
{% macro channel_dimensions() %}
    {% set dimensions = [] %}
    {% for dimension in retention.segment_columns() if dimension | lower in ["acquisition_channel", "channel"] %}
        {% do dimensions.append(dimension) %}
    {% endfor %}
    {{ return(dimensions) }}
{% endmacro %}


{#- Money of an order or of one customer; engines add up to 18 digits many times faster than more. -#}
{% macro type_amount() %}decimal(18, 4){% endmacro %}


{#- Money summed over customers. -#}
{% macro type_money() %}decimal(28, 4){% endmacro %}


{#- An aggregate over all orders: the last day included in the figures, which is the setting or the latest order
    date. -#}
{% macro as_of_date(order_date) -%}
    {%- if var("as_of_date") -%}
    coalesce(cast({{ retention.text_literal(var("as_of_date")) }} as date), max({{ order_date }}))
    {%- else -%}
    max({{ order_date }})
    {%- endif -%}
{%- endmacro %}
