{#- Leaves one row that says which build the marts are of; run after the build, where its tests are known. -#}
{% macro record_publication(build_id, tests_passed, tests_warned) %}
    {% set publication = api.Relation.create(
        database=target.database,
        schema=target.schema,
        identifier="retention__publication",
    ) %}
    {% set statements %}
        begin;
        drop table if exists {{ publication }};
        create table {{ publication }} as
        select
            cast({{ retention.text_literal(build_id) }} as {{ dbt.type_string() }}) as build_id,
            cast({{ retention.text_literal(run_started_at.strftime("%Y-%m-%d %H:%M:%S")) }} as {{ dbt.type_timestamp() }})
                as published_at,
            as_of_date,
            cast({{ tests_passed | int }} as {{ dbt.type_bigint() }}) as tests_passed,
            cast({{ tests_warned | int }} as {{ dbt.type_bigint() }}) as tests_warned
        from {{ ref("retention", "int_retention__reporting_dates") }};
        commit
    {% endset %}
    {% do run_query(statements) %}
{% endmacro %}
