{#- Writes one row with the build that the marts come from and the contents of each relation; run after the build, when
    its test results are known. `retention.py` does the same for a DuckDB file. -#}
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
            cast({{ tests_warned | int }} as {{ dbt.type_bigint() }}) as tests_warned,
            cast({{ retention.text_literal(tojson(retention.contents(target.schema))) }} as {{ dbt.type_string() }}) as relations
        from {{ ref("retention", "int_retention__reporting_dates") }};
        commit
    {% endset %}
    {% do run_query(statements) %}
{% endmacro %}


{#- Logs a line for each published relation whose contents differ from those published; `publish --verify` reads them. -#}
{% macro verify_publication() %}
    {% set publication = adapter.get_relation(target.database, target.schema, "retention__publication") %}
    {% if not publication %}
        {% do exceptions.raise_compiler_error(target.schema ~ ": nothing is published here") %}
    {% endif %}
    {% set published = fromjson(run_query("select relations from " ~ publication).rows[0][0]) %}
    {% set found = retention.contents(target.schema) %}
    {% set faults = [] %}
    {% for name, expected in published.items() %}
        {% if name not in found %}
            {% do faults.append(name ~ " is not there any longer") %}
        {% elif found[name].rows != expected.rows %}
            {% do faults.append(name ~ ": has " ~ found[name].rows ~ " rows, " ~ expected.rows ~ " were published") %}
        {% elif found[name].checksum != expected.checksum %}
            {% do faults.append(name ~ ": holds other values than were published") %}
        {% endif %}
    {% endfor %}
    {% for name in found if name not in published %}
        {% do faults.append(name ~ " was not published") %}
    {% endfor %}
    {% for fault in faults %}
        {% do log("not as published: " ~ fault, info=true) %}
    {% endfor %}
{% endmacro %}


{#- The row count of each relation in a schema, and a checksum that does not depend on row order. -#}
{% macro contents(schema) %}
    {% set names = run_query(
        "select table_name from information_schema.tables where table_schema = " ~ retention.text_literal(schema)
        ~ " and table_name <> 'retention__publication' order by 1"
    ).columns[0].values() %}
    {% set contents = {} %}
    {% do run_query("set datestyle = 'ISO'; set timezone = 'UTC'; set extra_float_digits = 1") %}
    {% for name in names %}
        {% set row = run_query(
            "select count(*), 'sum ' || coalesce(sum(cast(('x' || left(md5(cast(t as text)), 15)) as bit(60)) :: bigint), 0) from "
            ~ retention.quoted(schema) ~ "." ~ retention.quoted(name) ~ " as t"
        ).rows[0] %}
        {% do contents.update({name: {"rows": row[0] | int, "checksum": row[1]}}) %}
    {% endfor %}
    {{ return(contents) }}
{% endmacro %}
