{#- Whether the engine can append changes to a table, which is how restated figures are detected. -#}
{% macro keeps_history() %}
    {{- return(adapter.dispatch("keeps_history", "retention")()) -}}
{% endmacro %}


{% macro default__keeps_history() %}
    {{- return(true) -}}
{% endmacro %}


{#- Parquet files are never changed; these table formats keep track of several. -#}
{% macro spark__keeps_history() %}
    {{- return(env_var("RETENTION_SPARK_FORMAT", "parquet") in ["delta", "iceberg", "hudi"]) -}}
{% endmacro %}


{#- Its tables are Delta tables. -#}
{% macro databricks__keeps_history() %}
    {{- return(true) -}}
{% endmacro %}
