{#- Whether the engine can add to a table what has changed, which is how restated figures are noticed. -#}
{% macro keeps_history() %}
    {{- return(adapter.dispatch("keeps_history", "retention")()) -}}
{% endmacro %}


{% macro default__keeps_history() %}
    {{- return(true) -}}
{% endmacro %}


{#- Files of Parquet are never changed; those formats keep track of several. -#}
{% macro spark__keeps_history() %}
    {{- return(env_var("RETENTION_SPARK_FORMAT", "parquet") in ["delta", "iceberg", "hudi"]) -}}
{% endmacro %}


{#- Its tables are Delta tables. -#}
{% macro databricks__keeps_history() %}
    {{- return(true) -}}
{% endmacro %}
