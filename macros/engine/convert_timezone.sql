{#- A time without zone, read in one time zone and shown in another. -#}
{% macro convert_timezone(timestamp, from_zone, to_zone) %}
    {{- return(adapter.dispatch("convert_timezone", "retention")(timestamp, from_zone, to_zone)) -}}
{% endmacro %}


{% macro default__convert_timezone(timestamp, from_zone, to_zone) -%}
    ({{ timestamp }} at time zone {{ retention.text_literal(from_zone) }} at time zone {{ retention.text_literal(to_zone) }})
{%- endmacro %}
