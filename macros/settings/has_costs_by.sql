{#- A condition: are costs recorded by a segment dimension? They are for the whole shop and for
    channels. -#}
{% macro has_costs_by(segment_dimension) -%}
    {{ segment_dimension }} in (
            {%- for dimension in ["all"] + retention.channel_dimensions() %}
            {{ retention.text_literal(dimension) }}{%- if not loop.last %},{% endif %}
            {%- endfor %}
        )
{%- endmacro %}
