{#- A time in UTC as the wall clock shows it in the reporting time zone. -#}
{% macro to_reporting_timezone(timestamp_utc) %}
    {{- return(adapter.dispatch("to_reporting_timezone", "retention")(timestamp_utc)) -}}
{% endmacro %}


{% macro default__to_reporting_timezone(timestamp_utc) -%}
    ({{ timestamp_utc }} at time zone 'UTC' at time zone {{ retention.text_literal(var("reporting_timezone")) }})
{%- endmacro %}
