{#- The input column that each of the project's columns is read from: its `name` as spelled in the input, its `type`,
    and the `zone` of its times without an offset. Columns missing from the input are left out. -#}
{% macro input_columns(input) %}
    {% set found = retention.found_columns(input) %}
    {% set zone = retention.source_timezone(input) %}
    {% set minor_units = retention.minor_units(input) %}
    {% set epochs = retention.source_format(input).get("epochs", []) %}
    {% set columns = {} %}
    {% for column, name in retention.named_columns(input).items() if name in found %}
        {% do columns.update({column: dict(
            found[name], zone=zone, is_minor=column in minor_units, is_epoch=column in epochs
        )}) %}
        {% if column in minor_units and input in ["raw_refunds", "raw_order_lines"] %}
            {% do columns[column].update({"is_of_order": true}) %}
        {% endif %}
    {% endfor %}
    {% set given = (var("columns") or {}).get(input) or {} %}
    {% for column, names in retention.other_names(input).items() if column not in given %}
        {% for name in names if name in found %}
            {% do columns.update({column: dict(found[name], zone=zone, is_minor=false, is_epoch=false)}) %}
        {% endfor %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#- Other column names that take precedence over the project's own, the best last. In history tables of customers this is
    the start of a version, as updated_at may be set again when it ends; in an order, such a column may mean something
    else. -#}
{% macro other_names(input) %}
    {% set names = {
        "raw_orders": {"updated_at": ["dbtvalidfrom"], "taxes_included": ["taxincluded", "pricesincludetax"]},
        "raw_refunds": {"updated_at": ["dbtvalidfrom"]},
        "raw_customers": {"updated_at": ["effectivefrom", "validfrom", "fivetranstart", "dbtvalidfrom"]},
    } %}
    {{ return(names.get(input, {})) }}
{% endmacro %}


{#- The amounts of an input that are in minor units, such as cents, by its source format or the setting minor_units. -#}
{% macro minor_units(input) %}
    {{ return(retention.source_format(input).get("minor_units", []) + ((var("minor_units") or {}).get(input) or [])) }}
{% endmacro %}


{#- The time zone of an input's times without an offset, empty for UTC. -#}
{% macro source_timezone(input) %}
    {% set zones = var("source_timezone") or "" %}
    {% set zone = zones.get(input, "") if zones is mapping else zones %}
    {{ return("" if zone == "UTC" or retention.uses_demo_shop() else zone) }}
{% endmacro %}


{#- All columns of an input by their plain names. They are known only while a model runs, so there are none while dbt
    parses the project. -#}
{% macro found_columns(input) %}
    {% set columns = {} %}
    {% set source = retention.plain_source(input) if execute and retention.input_kind(input) != "none" %}
    {% set found = retention.columns_of_source(input, source) if source else [] %}
    {% for name, how in retention.derived_columns(input, found).items() %}
        {% do found.append([name, how[1]]) %}
    {% endfor %}
    {% for column in found %}
        {% set name = retention.plain_name(column[0]) %}
        {% if name in columns and name in retention.named_columns(input).values() %}
            {% do exceptions.raise_compiler_error(
                input ~ ": the columns '" ~ columns[name].name ~ "' and '" ~ column[0] ~ "' have one name; rename one of them"
            ) %}
        {% endif %}
        {% do columns.update({name: {"name": column[0], "type": column[1] | lower}}) %}
    {% endfor %}
    {#- DuckDB's reader adds _1 to the name of a second column of the same name. #}
    {% for name in retention.named_columns(input).values() if name in columns and columns.get(name ~ "1", {}).get("name", "").endswith("_1") %}
        {% do exceptions.raise_compiler_error(
            input ~ ": the column '" ~ columns[name].name ~ "' is there more than once, as " ~ columns[name ~ "1"].name
            ~ " too; remove or rename all but one"
        ) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#- Names and types of the columns of an input's source. -#}
{% macro columns_of_source(input, source) %}
    {% set found = [] %}
    {% if retention.input_kind(input) == "file" %}
        {% for column in run_query("describe select * from " ~ source).rows %}
            {% do found.append([column[0], column[1]]) %}
        {% endfor %}
    {% else %}
        {% for column in adapter.get_columns_in_relation(source) %}
            {% do found.append([column.name, column.dtype]) %}
        {% endfor %}
    {% endif %}
    {{ return(found) }}
{% endmacro %}


{#- A column's name in the form used for comparison. -#}
{% macro plain_name(name) %}
    {{ return(modules.re.sub("[\\s_\\ufeff-]+", "", name | lower)) }}
{% endmacro %}


{#- The plain name of the column that each of the project's columns is read from: its own, or that of the source format
    or the setting `columns`. -#}
{% macro named_columns(input) %}
    {% set names = {} %}
    {% set of_format = retention.source_format(input).get("columns", {}) %}
    {% set given = dict(of_format, **((var("columns") or {}).get(input) or {})) %}
    {% for column in retention.inputs()[input].required + retention.inputs()[input].optional %}
        {% do names.update({column: retention.plain_name(given.get(column, column))}) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}


{#- Stops if the input lacks a required column. -#}
{% macro require_columns(input) %}
    {% set found = retention.found_columns(input) %}
    {% for name in retention.inputs()[input].required
        if found and retention.named_columns(input)[name] not in found
        and not (name == "gross_amount" and retention.input_kind("raw_order_lines") != "none") %}
        {% do exceptions.raise_compiler_error(
            input ~ ": the required column '" ~ name ~ "' is missing (found: " ~ retention.listed(found.values() | map(attribute="name"))
            ~ "); name yours with the setting columns, or run `python3 retention.py build " ~ retention.input_value(input) ~ "`"
        ) %}
    {% endfor %}
{% endmacro %}


{#- Column names formatted for a message. -#}
{% macro listed(names) %}
    {% set shown = [] %}
    {% for name in (names | list)[:100] %}
        {% do shown.append(name | truncate(60)) %}
    {% endfor %}
    {{ return(shown | join(", ") or "none") }}
{% endmacro %}


{#- Stops if a segment column, or the column of activity windows, is in neither customers nor orders. -#}
{% macro require_segment_columns() %}
    {% set customers = retention.found_columns("raw_customers") %}
    {% set orders = retention.found_columns("raw_orders") %}
    {% set window = var("activity_window_column") %}
    {% if window and orders and retention.plain_name(window) not in customers and retention.plain_name(window) not in orders %}
        {% do exceptions.raise_compiler_error(
            "activity_window_column: '" ~ window ~ "' is a column of neither raw_orders (" ~ retention.listed(orders.values() | map(attribute="name"))
            ~ ") nor raw_customers (" ~ retention.listed(customers.values() | map(attribute="name")) ~ "); name one of these"
        ) %}
    {% endif %}
    {% for name in retention.segment_columns()
        if orders and retention.plain_name(name) not in customers and retention.plain_name(name) not in orders
        and name | lower not in retention.first_order_dimensions() %}
        {% do exceptions.raise_compiler_error(
            "segment_columns: '" ~ name ~ "' is a column of neither raw_customers (" ~ retention.listed(customers.values() | map(attribute="name"))
            ~ ") nor raw_orders (" ~ retention.listed(orders.values() | map(attribute="name")) ~ "); name one of these"
        ) %}
    {% endfor %}
{% endmacro %}


{#- Segment attributes have numbered names between staging and the marts, so no user's column name
    can clash with one of the project's. -#}
{% macro attribute_columns() %}
    {% set columns = [] %}
    {% for dimension in retention.segment_columns() %}
        {% do columns.append("attribute_" ~ loop.index) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#- The columns that records pass on to later models: the segment attributes, and the days for which a purchase keeps
    its customer active, if there is a column for it. -#}
{% macro carried_columns() %}
    {{ return(retention.attribute_columns() + (["activity_window"] if retention.has_own_windows() else [])) }}
{% endmacro %}
