{#- The materialisation of a view whose SQL grows with the settings. -#}
{% macro long_view() %}
    {{- return(adapter.dispatch("long_view", "retention")()) -}}
{% endmacro %}


{% macro default__long_view() %}
    {{- return("view") -}}
{% endmacro %}


{#- Spark's built-in catalogue holds no view of more than 32,700 characters. -#}
{% macro spark__long_view() %}
    {{- return("table") -}}
{% endmacro %}
