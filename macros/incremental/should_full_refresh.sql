{#- Takes the place of dbt's own macro for the models of this package: they are rebuilt as a whole where the
    rows of the last run cannot be built upon. -#}
{% macro should_full_refresh() %}
    {% set is_asked_for = config.get("full_refresh") %}
    {% if is_asked_for is none %}
        {% set is_asked_for = flags.FULL_REFRESH %}
    {% endif %}
    {{ return(
        is_asked_for or (config.get("materialized") == "incremental" and not retention.continues_last_run())
    ) }}
{% endmacro %}
