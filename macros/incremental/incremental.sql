{#- How the tables of orders and customers are kept: rebuilt where they are touched, on engines that can
    replace rows, else rebuilt as a whole. -#}
{% macro incremental() %}
    {{ return("incremental" if target.type in ["duckdb", "postgres"] else "table") }}
{% endmacro %}
