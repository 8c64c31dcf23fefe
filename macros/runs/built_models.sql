{#- A run of selected models is correct only if the models that it reads but does not build are up to date: built with the
    same settings, on data, and no earlier than the models they are built from. A small table records when each model was
    built, and with which settings. It has no effect on rows: every run builds whole tables. -#}

{#- Stops a run that would build on outdated tables, and records that the models it builds are not built yet. -#}
{% macro require_fresh_parents() %}
    {% if not execute or not retention.keeps_built_models() %}
        {{ return("") }}
    {% endif %}
    {% set nodes = retention.buildable_nodes() %}
    {% set selected = nodes | select("in", selected_resources) | list %}
    {% set table = retention.built_models_table() %}
    {% set is_known = adapter.get_relation(table.database, table.schema, table.identifier) is not none %}
    {% set built = {} %}
    {% if is_known %}
        {% for row in run_query("select model, settings, run_number from " ~ table).rows %}
            {% do built.update({row[0]: {"settings": row[1], "run": row[2] | int}}) %}
        {% endfor %}
    {% endif %}
    {% if flags.EMPTY and built.values() | rejectattr("settings", "equalto", "empty") | list %}
        {% do exceptions.raise_compiler_error(
            "--empty: would replace the rows that " ~ target.schema ~ " holds with none; use a target with a schema of its own"
        ) %}
    {% endif %}
    {% for node in selected %}
        {% for parent in graph.nodes[node].depends_on.nodes if parent in nodes and parent not in selected %}
            {% do retention.require_fresh(parent, node, selected, built, nodes) %}
        {% endfor %}
    {% endfor %}
    {% if selected %}
        {% set run_number = (built.values() | map(attribute="run") | max if built else 0) + 1 %}
        {{ return(retention.note_models(table, is_known, selected, "not built", run_number)) }}
    {% endif %}
{% endmacro %}


{#- Stops if a model that is read is outdated. -#}
{% macro require_fresh(model, reader, selected, built, nodes) %}
    {% set name, reader_name = model.split(".")[-1], reader.split(".")[-1] %}
    {% set advice = "; run without --select, or with --select +" ~ reader_name %}
    {% if model not in built or built[model].settings in ["not built", "empty"] and not flags.EMPTY %}
        {% do exceptions.raise_compiler_error(reader_name ~ ": reads " ~ name ~ ", which the last run did not finish" ~ advice) %}
    {% elif built[model].settings not in [retention.settings_digest(), "empty"] %}
        {% do exceptions.raise_compiler_error(reader_name ~ ": reads " ~ name ~ ", which was built under other settings" ~ advice) %}
    {% endif %}
    {% for parent in graph.nodes[model].depends_on.nodes if parent in nodes %}
        {% if parent in selected or parent not in built or built[parent].run > built[model].run %}
            {% do exceptions.raise_compiler_error(
                reader_name ~ ": reads " ~ name ~ ", which is older than " ~ parent.split(".")[-1]
                ~ ", which it is built from" ~ advice
            ) %}
        {% endif %}
        {% do retention.require_fresh(parent, reader, selected, built, nodes) %}
    {% endfor %}
{% endmacro %}


{#- Records, after the last model, which models the run built. -#}
{% macro record_built_models(results) %}
    {% if not execute or not retention.keeps_built_models() or retention.is_overtaken() %}
        {{ return("") }}
    {% endif %}
    {% set nodes = retention.buildable_nodes() %}
    {% set done = [] %}
    {% for result in results or [] if result.node.unique_id in nodes and result.status == "success" %}
        {% do done.append(result.node.unique_id) %}
    {% endfor %}
    {% if done %}
        {% set table = retention.built_models_table() %}
        {% set run_number = run_query("select max(run_number) from " ~ table).rows[0][0] | int %}
        {{ return(retention.note_models(table, true, done, "empty" if flags.EMPTY else retention.settings_digest(), run_number + 1)) }}
    {% endif %}
{% endmacro %}


{#- The statements that record the state of models. -#}
{% macro note_models(table, is_known, models, settings, run_number) %}
    {#- What a hook leaves in an open transaction is rolled back, and a query in an earlier hook may have opened one. -#}
    {% call statement("begin", auto_begin=true) %}select 1 as begun{% endcall %}
    {%- if not is_known %}
    create schema if not exists {{ table.include(database=false).without_identifier() }};
    create table {{ table }} (model {{ dbt.type_string() }}, settings {{ dbt.type_string() }}, run_number {{ dbt.type_int() }});
    {%- endif %}
    delete from {{ table }} where model in (
        {%- for model in models %}'{{ model }}'{{ ", " if not loop.last }}{% endfor -%}
    );
    insert into {{ table }} (model, settings, run_number) values
    {%- for model in models %}
    ('{{ model }}', '{{ settings }}', {{ run_number }}){{ "," if not loop.last }}
    {%- endfor %};
    commit;
    begin
{% endmacro %}


{#- Spark's plain Parquet tables cannot be changed; every run there should build all models. -#}
{% macro keeps_built_models() %}
    {{ return(flags.WHICH in ["run", "build"] and target.type in ["duckdb", "postgres", "redshift"]) }}
{% endmacro %}


{#- The models of this package. Seeds do not change. -#}
{% macro buildable_nodes() %}
    {% set nodes = [] %}
    {% for node in graph.nodes.values()
        if node.package_name == "retention" and node.resource_type == "model" %}
        {% do nodes.append(node.unique_id) %}
    {% endfor %}
    {{ return(nodes) }}
{% endmacro %}


{#- Next to the orders table, in whichever schema a project puts it. -#}
{% macro built_models_table() %}
    {% set orders = graph.nodes["model.retention.int_retention__orders"] %}
    {{ return(api.Relation.create(database=orders.database, schema=orders.schema, identifier="int_retention__built_models")) }}
{% endmacro %}


{% macro settings_digest() %}
    {{ return(local_md5(retention.settings_text(["figures", "tables"]))) }}
{% endmacro %}
