{#- Are costs split by the segment dimension of a row? The total holds them all, a channel its own. -#}
{% macro is_split_by_cost(segment_dimension) -%}
    {{ segment_dimension }} in (
            {%- for dimension in ["all"] + retention.channel_dimensions() %}
            {{ retention.text_literal(dimension) }}{{ "," if not loop.last }}
            {%- endfor %}
        )
{%- endmacro %}
