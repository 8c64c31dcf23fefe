{#- Publishing on a server: everything is built in schemas whose names begin with `publishing_`, which replace the
    published ones in one transaction. A DuckDB file is published as a whole instead. -#}


{#- The schema that readers see, given the one under construction. -#}
{% macro published_schema(schema) %}
    {% if not schema.startswith("publishing_") %}
        {% do exceptions.raise_compiler_error(
            "publish: the target's schema is always " ~ schema ~ "; write it as \"{{ env_var('RETENTION_SCHEMA', '" ~ schema
            ~ "') }}\" in profiles.yml, so that a publication can be built beside it"
        ) %}
    {% endif %}
    {{- return(schema[("publishing_" | length):]) -}}
{% endmacro %}


{#- The names of the published schemas, the public one first. -#}
{% macro published_schemas() %}
    {% set names = [] %}
    {% for node in graph.nodes.values() if node.package_name == "retention" and node.resource_type in ["model", "seed", "snapshot"] %}
        {% do names.append(retention.published_schema(node.schema)) %}
    {% endfor %}
    {{ return(names | unique | sort) }}
{% endmacro %}


{#- Removes what a killed run left behind, and continues the history of restated figures from the published one. -#}
{% macro prepare_publication() %}
    {{- return(adapter.dispatch("prepare_publication", "retention")()) -}}
{% endmacro %}


{% macro default__prepare_publication() %}
    {% do exceptions.raise_compiler_error("publish: works on DuckDB and PostgreSQL; on " ~ target.type ~ ", use `dbt build`") %}
{% endmacro %}


{% macro postgres__prepare_publication() %}
    {% set statements = [] %}
    {% for schema in retention.published_schemas() %}
        {% do statements.append("drop schema if exists " ~ retention.quoted("publishing_" ~ schema) ~ " cascade") %}
    {% endfor %}
    {% set history = graph.nodes.values() | selectattr("resource_type", "equalto", "snapshot") | selectattr("package_name", "equalto", "retention") %}
    {% for node in history %}
        {% for table in [node.alias, "int_retention__last_inputs"] %}
            {% set built = adapter.get_relation(node.database, retention.published_schema(node.schema), table) %}
            {% if built %}
                {% do statements.append("create schema if not exists " ~ retention.quoted(node.schema)) %}
                {% do statements.append("create table " ~ retention.quoted(node.schema) ~ "." ~ retention.quoted(table) ~ " as table " ~ built) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% do run_query(statements | join("; ") ~ "; commit") %}
{% endmacro %}


{#- Readers wait for the swap, and the swap for them: a reader in the middle of a transaction keeps the version it
    started with. Nobody waits longer than the lock timeout, after which the swap is retried. -#}
{% macro swap_publication() %}
    {{- return(adapter.dispatch("swap_publication", "retention")()) -}}
{% endmacro %}


{% macro default__swap_publication() %}
{% endmacro %}


{% macro postgres__swap_publication() %}
    {% set locks, moves = [], [] %}
    {% for schema in retention.published_schemas() %}
        {% set building = "publishing_" ~ schema %}
        {% do moves.append("create schema if not exists " ~ retention.quoted(schema)) %}
        {% for relation in retention.relations_in(building) %}
            {% set replaced = retention.quoted(schema) ~ "." ~ retention.quoted(relation.name) %}
            {% if relation.replaces %}
                {% do locks.append("lock table " ~ replaced ~ " in access exclusive mode") %}
                {% do moves.insert(0, "drop " ~ relation.replaces ~ " if exists " ~ replaced ~ " cascade") %}
            {% endif %}
            {% do moves.append(
                "alter " ~ relation.kind ~ " " ~ retention.quoted(building) ~ "." ~ retention.quoted(relation.name)
                ~ " set schema " ~ retention.quoted(schema)
            ) %}
        {% endfor %}
        {% do moves.append("drop schema " ~ retention.quoted(building)) %}
    {% endfor %}
    {% set swap %}
        do $swap$
        begin
            set local lock_timeout = '200ms';
            for attempt in 1 .. 3000 loop
                begin
                    {{ (locks + moves) | join(";\n                    ") }};
                    return;
                exception when lock_not_available or deadlock_detected then
                    perform pg_sleep(0.1);
                end;
            end loop;
            raise exception 'readers have kept the published tables in use for minutes; publish again later';
        end
        $swap$;
        commit
    {% endset %}
    {% do run_query(swap) %}
{% endmacro %}


{#- The relations of a schema under construction: `name`, `kind`, and the kind of the relation that each `replaces`, if
    one of that name exists. -#}
{% macro relations_in(schema) %}
    {% set found %}
        select
            built.table_name as name,
            case built.table_type when 'VIEW' then 'view' else 'table' end as kind,
            case published.table_type when 'VIEW' then 'view' when 'BASE TABLE' then 'table' end as replaces
        from information_schema.tables as built
        left join information_schema.tables as published
            on built.table_name = published.table_name
                and published.table_schema = {{ retention.text_literal(retention.published_schema(schema)) }}
        where built.table_schema = {{ retention.text_literal(schema) }}
        order by 1
    {% endset %}
    {{ return(run_query(found).rows) }}
{% endmacro %}
