{#- The numbers from 1. dbt's own macro joins as many tables as the number has binary
    digits. -#}
{% macro spark__generate_series(upper_bound) %}
    select explode(sequence(1, {{ upper_bound }})) as generated_number
{% endmacro %}
