{#- The rows of a seed as one JSON text. dbt-spark writes them as values, which Spark takes minutes to read, without
    escaping apostrophes, and with the text None for an empty cell. -#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {% set fields, statements = [], [] %}
    {% for name in agate_table.column_names %}
        {% do fields.append(adapter.quote(name) ~ " " ~ model["config"]["column_types"][name]) %}
    {% endfor %}
    {% for chunk in agate_table.rows | batch(get_batch_size()) %}
        {% set rows = [] %}
        {% for row in chunk %}
            {% do rows.append(row.dict()) %}
        {% endfor %}
        {% set type = "array<struct<" ~ fields | join(", ") ~ ">>" %}
        {% do statements.append("insert into " ~ this ~ " select inline(from_json(" ~ retention.text_literal(tojson(rows)) ~ ", '" ~ type ~ "'))") %}
        {% do adapter.add_query(statements[-1], abridge_sql_log=True) %}
    {% endfor %}
    {{ return(statements[0]) }}
{% endmacro %}
