{#- A relation by its schema and name only, for views: a name that includes the database would no longer be found
    once the file is renamed or attached under another name. -#}
{% macro in_this_database(relation) %}
    {{ return(relation.include(database=false) if target.type == "duckdb" else relation) }}
{% endmacro %}
