{#- One run at a time on a server. dbt closes a hook's connection when the hook is done, so no session lock lasts for a
    whole run. Instead, one row says which run builds here, and each model holds a shared lock until it is committed, which
    the next run has to wait for. A run that finds another one in progress is refused; one that was paused and continues
    after another has started stops at its next model. On DuckDB, its own file lock does the same. -#}

{#- Registers this run as the one that builds, or stops if another one is in progress. -#}
{% macro claim_run() %}
    {% if not retention.is_one_run_of_many() %}
        {{ return("") }}
    {% endif %}
    {% set table = retention.current_run_table() %}
    {% set claim %}
        create schema if not exists {{ table.include(database=false).without_identifier() }};
        create table if not exists {{ table }} (run_id text, started_at timestamp with time zone, is_done boolean);
        do $claim$
        declare
            other record;
        begin
            select * into other from {{ table }};
            for attempt in 1 .. 20 loop
                exit when other is null or other.is_done;
                {#- Between two models of a run there is no lock for a few milliseconds. #}
                if exists (
                    select from pg_locks
                    where locktype = 'advisory' and mode = 'ShareLock' and granted
                        and database = (select oid from pg_database where datname = current_database())
                        and (cast(classid as bigint) << 32 | cast(objid as bigint)) = {{ retention.run_lock() }}
                ) then
                    raise exception '{{ target.schema }}: run % has been building here since % UTC; wait until it is done',
                        other.run_id, to_char(other.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS');
                end if;
                perform pg_sleep(0.05);
            end loop;
            perform pg_advisory_xact_lock({{ retention.run_lock() }});
            delete from {{ table }};
            insert into {{ table }} values ('{{ invocation_id }}', now(), false);
        end
        $claim$;
        commit
    {% endset %}
    {% do run_query(claim) %}
{% endmacro %}


{#- Before each model: stops if another run has started since, otherwise makes the next one wait until it is
    committed. -#}
{% macro require_own_run() %}
    {% if not retention.is_one_run_of_many() %}
        {{ return("") }}
    {% endif %}
    do $own$
    begin
        perform pg_advisory_xact_lock_shared({{ retention.run_lock() }});
        if not exists (select from {{ retention.current_run_table() }} where run_id = '{{ invocation_id }}') then
            raise exception '{{ target.schema }}: another run has begun to build here since; this one stops';
        end if;
    end
    $own$
{% endmacro %}


{#- After the last model: the next run need not check whether this one is in progress. -#}
{% macro finish_run() %}
    {% if not retention.is_one_run_of_many() %}
        {{ return("") }}
    {% endif %}
    {% do run_query("update " ~ retention.current_run_table() ~ " set is_done = true where run_id = '" ~ invocation_id ~ "'; commit") %}
{% endmacro %}


{#- Whether another run builds here by now. If so, nothing may be recorded for this one. -#}
{% macro is_overtaken() %}
    {% if not retention.is_one_run_of_many() %}
        {{ return(false) }}
    {% endif %}
    {{ return(run_query("select 1 from " ~ retention.current_run_table() ~ " where run_id = '" ~ invocation_id ~ "'").rows | length == 0) }}
{% endmacro %}


{% macro is_one_run_of_many() %}
    {{ return(execute and flags.WHICH in ["run", "build"] and target.type == "postgres") }}
{% endmacro %}


{#- A number for the target schema, as advisory locks need one. -#}
{% macro run_lock() %}
    {{ return("hashtextextended('retention run ' || " ~ retention.text_literal(target.schema) ~ ", 0)") }}
{% endmacro %}


{% macro current_run_table() %}
    {% set orders = graph.nodes["model.retention.int_retention__orders"] %}
    {{ return(api.Relation.create(database=orders.database, schema=orders.schema, identifier="int_retention__current_run")) }}
{% endmacro %}
