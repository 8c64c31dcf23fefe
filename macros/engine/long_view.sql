{#- How a view is kept whose text grows with the settings. -#}
{% macro long_view() %}
    {{- return(adapter.dispatch("long_view", "retention")()) -}}
{% endmacro %}


{% macro default__long_view() %}
    {{- return("view") -}}
{% endmacro %}


{#- The catalogue that Spark brings holds no view of more than 32,700 characters. -#}
{% macro spark__long_view() %}
    {{- return("table") -}}
{% endmacro %}
