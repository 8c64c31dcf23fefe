{#- The input of the last good build, next to the history of closed figures: rows, amounts, days and rejects of each input.
    A truncated or filtered export gives plausible marts, so the next build compares. -#}

{#- Inputs that contain less than at the last build, as rows of input, measure, before, now. -#}
{% macro smaller_inputs() %}
    {%- set table = retention.last_inputs_table() if execute else none %}
    {%- set is_known = table and adapter.get_relation(table.database, table.schema, table.identifier) is not none %}
    {%- set largest_fall = var("largest_fall_of_inputs") | float %}
    with

    present as (
        {{ retention.present_inputs(
            ref("retention", "retention__data_quality"), ref("retention", "int_retention__reporting_dates")
        ) }}
    ),

    compared as (
        select
            present.*,
            {%- for measure in ["shop", "input_rows", "amount", "days", "rejected"] %}
            {{ "earlier." if is_known else "present." }}{{ measure }} as earlier_{{ measure }},
            {%- endfor %}
            {{ "true" if is_known and not var("accept_smaller_inputs") else "false" }} as is_compared
        from present
        {%- if is_known %}
        inner join {{ table }} as earlier
            on present.input = earlier.input and present.shop = earlier.shop
        {%- endif %}
    )

    select input, 'rows' as measure, cast(earlier_input_rows as {{ dbt.type_string() }}) as earlier, cast(input_rows as {{ dbt.type_string() }}) as present
    from compared
    where is_compared and input_rows < (1 - {{ largest_fall }}) * earlier_input_rows

    union all

    select input, 'money' as measure, cast(earlier_amount as {{ dbt.type_string() }}) as earlier, cast(amount as {{ dbt.type_string() }}) as present
    from compared
    where is_compared and amount < (1 - {{ largest_fall }}) * earlier_amount

    union all

    select input, 'days from first to last' as measure, cast(earlier_days as {{ dbt.type_string() }}) as earlier, cast(days as {{ dbt.type_string() }}) as present
    from compared
    where is_compared and coalesce(days, 0) < (1 - {{ largest_fall }}) * earlier_days

    union all

    select input, 'rejected rows' as measure, cast(earlier_rejected as {{ dbt.type_string() }}) as earlier, cast(rejected as {{ dbt.type_string() }}) as present
    from compared
    where
        is_compared
        and 1.0 * rejected / nullif(input_rows, 0)
        > coalesce(1.0 * earlier_rejected / nullif(earlier_input_rows, 0), 0) + {{ var("largest_rise_of_rejects") | float }}
{% endmacro %}


{#- Rows, amounts, days and rejects of each input of this build. -#}
{% macro present_inputs(quality, dates) %}
    select
        quality.input,
        {{ retention.text_literal("demo" if retention.uses_demo_shop() else "own") }} as shop,
        quality.raw as input_rows,
        quality.raw_amount as amount,
        case
            when quality.input = 'raw_orders'
                then {{ retention.days_between("dates.first_order_date", "dates.as_of_date") }}
        end as days,
        quality.rejected
    from {{ quality }} as quality
    cross join {{ dates }} as dates
{% endmacro %}


{#- Records the input after a build without failures; not if it is smaller than before, until that is accepted. -#}
{% macro record_inputs(results) %}
    {% if not execute or not retention.keeps_built_models() or flags.EMPTY or retention.is_overtaken() %}
        {{ return("") }}
    {% endif %}
    {% set failed = results | rejectattr("status", "in", ["success", "pass", "warn", "no-op"]) | list %}
    {% set compared = results
        | selectattr("node.name", "equalto", "inputs_hold_no_less_than_at_the_last_build")
        | selectattr("status", "equalto", "pass") | list %}
    {% if failed or not compared %}
        {{ return("") }}
    {% endif %}
    {% set table = retention.last_inputs_table() %}
    {% call statement("begin", auto_begin=true) %}select 1 as begun{% endcall %}
    create schema if not exists {{ table.include(database=false).without_identifier() }};
    drop table if exists {{ table }};
    create table {{ table }} as {{ retention.present_inputs(
        retention.relation_of("retention__data_quality"), retention.relation_of("int_retention__reporting_dates")
    ) }};
    commit;
    begin
{% endmacro %}


{#- A model of this package as a relation, for hooks, in which dbt allows `ref` only outside of conditions. -#}
{% macro relation_of(model) %}
    {% set node = graph.nodes["model.retention." ~ model] %}
    {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
{% endmacro %}


{#- In the schema of the history, which publications carry over; none if no history is kept. -#}
{% macro last_inputs_table() %}
    {% set history = graph.nodes.get("snapshot.retention.int_retention__closed_metric_history") %}
    {% if not history or target.type not in ["duckdb", "postgres", "redshift"] %}
        {{ return(none) }}
    {% endif %}
    {{ return(api.Relation.create(database=history.database, schema=history.schema, identifier="int_retention__last_inputs")) }}
{% endmacro %}
