{#- Takes the place of dbt's own macro for the models of this package: they are rebuilt as a whole where the
    rows of the last run cannot be built upon. -#}
{% macro should_full_refresh() %}
    {{ return(
        config.get("full_refresh", flags.FULL_REFRESH)
        or (config.get("materialized") == "incremental" and not retention.continues_last_run())
    ) }}
{% endmacro %}
