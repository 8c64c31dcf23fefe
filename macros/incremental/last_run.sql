{#- Incremental models build upon each other's rows, so that all of them have to be of the same run. A table of
    one row says of which: a run that was interrupted, or built some of them only, or under other settings, is
    followed by one that rebuilds everything. Comparing settings and code by their text errs on that side. -#}


{#- Can this run go on from the rows of the last one? -#}
{% macro continues_last_run() %}
    {% set last_run = retention.last_run() if retention.incremental() == "incremental" else none %}
    {% if not last_run %}
        {{ return(false) }}
    {% elif last_run.invocation_id == invocation_id %}
        {{ return(last_run.continues) }}
    {% endif %}
    {{ return(last_run.is_complete and last_run.definition == retention.incremental_definition()) }}
{% endmacro %}


{% macro last_run_relation() %}
    {{ return(retention.of_last_run("int_retention__last_run")) }}
{% endmacro %}


{#- The row of the last run, none where there is no table yet. -#}
{% macro last_run() %}
    {% if not execute or not load_relation(retention.last_run_relation()) %}
        {{ return(none) }}
    {% endif %}
    {% set rows = run_query("select * from " ~ retention.last_run_relation()).rows %}
    {{ return(rows[0] if rows | length else none) }}
{% endmacro %}


{#- What decides about the rows of incremental models besides the data: settings, models and macros. -#}
{% macro incremental_definition() %}
    {% set parts = [] %}
    {% for setting in [
        "source_format", "date_order", "decimal_separator", "shipping_stock_codes", "excluded_stock_codes",
        "activity_window_days", "period_grains", "reporting_timezone", "reporting_currency", "as_of_date",
        "excluded_statuses", "refund_dating", "customer_identity",
    ] %}
        {% do parts.append(setting ~ ": " ~ var(setting)) %}
    {% endfor %}
    {% do parts.append("segment_columns: " ~ retention.segment_columns()) %}
    {% for node in graph.nodes.values() | sort(attribute="unique_id")
        if node.package_name == "retention" and node.resource_type == "model" %}
        {% do parts.append(node.checksum.checksum) %}
    {% endfor %}
    {% for name in retention | sort %}
        {% do parts.append(retention[name].macro.macro_sql) %}
    {% endfor %}
    {{ return(local_md5(parts | join("\n"))) }}
{% endmacro %}


{% macro incremental_models() %}
    {% set names = [] %}
    {% for node in graph.nodes.values() if node.package_name == "retention" and node.config.materialized == "incremental" %}
        {% do names.append(node.unique_id) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}


{#- Notes, before the first model, that a run has begun, whether it goes on from the last one, and up to when
    that one knew. -#}
{% macro begin_run() %}
    {% set incremental_models = retention.incremental_models() if execute else [] %}
    {% if flags.WHICH not in ["run", "build"] or not selected_resources | select("in", incremental_models) | list %}
        {{ return("") }}
    {% endif %}
    {% set missing = [] %}
    {% for name in incremental_models %}
        {% set node = graph.nodes[name] %}
        {% if not adapter.get_relation(node.database, node.schema, node.alias) %}
            {% do missing.append(name) %}
        {% endif %}
    {% endfor %}
    {% set continues = not flags.FULL_REFRESH and not missing and retention.continues_last_run() %}
    {% set relation = retention.last_run_relation() %}
    create schema if not exists {{ relation.include(database=false).without_identifier() }};
    drop table if exists {{ relation }};
    create table {{ relation }} as
    select
        {{ dbt.string_literal(invocation_id) }} as invocation_id,
        {{ dbt.string_literal(retention.incremental_definition()) }} as definition,
        {{ continues | lower }} as continues,
        false as is_complete,
        {%- for column in ["as_of_date", "calibration_date"] %}
        {%- if continues %}
        (select {{ column }} from {{ retention.of_last_run("int_retention__reporting_dates") }}) as previous_{{ column }}
        {%- else %}
        cast(null as date) as previous_{{ column }}
        {%- endif %}
        {{- "," if not loop.last }}
        {%- endfor %};
    -- What hooks leave in an open transaction is undone, and a query of a hook before this one can have begun it.
    {% call statement("begin", auto_begin=true) %}select 1 as begun{% endcall %}
    commit;
    begin
{% endmacro %}


{#- Notes, after the last model, that the run built all incremental models; nothing is noted where it did not. -#}
{% macro complete_run(results) %}
    {% set incremental_models = retention.incremental_models() if execute else [] %}
    {% set built = [] %}
    {% for result in results or [] if result.node.unique_id in incremental_models and result.status == "success" %}
        {% do built.append(result.node.unique_id) %}
    {% endfor %}
    {% if incremental_models and built | length == incremental_models | length %}
        update {{ retention.last_run_relation() }} set is_complete = true where true
    {% endif %}
{% endmacro %}


{#- A relation as the last run left it, for a model that is built before it. No `ref`: that would make it
    come first. -#}
{% macro of_last_run(name, schema="intermediate") %}
    {{ return(api.Relation.create(
        database=target.database | default(none),
        schema=target.schema ~ '_' ~ schema,
        identifier=name,
    )) }}
{% endmacro %}
