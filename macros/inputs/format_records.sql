{#- A relation of a source format as records: each canonical column from the column given for it, as text,
    NULL where none is given; then the attributes of orders, and the columns described in `source_records`. -#}
{% macro format_records(input, relation, columns, source_record=none) %}
    select
        {%- for column in retention.canonical_columns(input) %}
        cast({{ columns[column] or "null" }} as {{ dbt.type_string() }}) as {{ column }},
        {%- endfor %}
        {%- for attribute in retention.attribute_columns() %}
        {{ attribute if input == "raw_orders" else "cast(null as " ~ dbt.type_string() ~ ")" }} as {{ attribute }},
        {%- endfor %}
        source_rows,
        source_amount,
        duplicate_rows,
        duplicate_amount,
        format_rejection,
        cast({{ source_record or "null" }} as {{ dbt.type_string() }}) as source_record
    from {{ relation }}
{% endmacro %}
