{#- The values of every segment dimension sum to the total (`all`) in every quantity, and no dimension is
    missing where the total has a row. `key`: the columns that identify a row besides the segment, if any. -#}
{% test segments_sum_to_total(model, quantities, key=[]) %}

with

dimensions as (
    select
        {{ (key + ["segment_dimension"]) | join(", ") }},
        {%- for quantity in quantities %}
        sum({{ quantity }}) as {{ quantity }}{%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ model }}
    group by {{ (key + ["segment_dimension"]) | join(", ") }}
),

expected as (
    select
        totals.*,
        dimension_names.segment_dimension as expected_dimension
    from dimensions as totals
    cross join (select distinct segment_dimension from dimensions) as dimension_names
    where totals.segment_dimension = 'all'
)

select expected.*
from expected
full outer join dimensions
    on
        expected.expected_dimension = dimensions.segment_dimension
        {%- for column in key %}
        and expected.{{ column }} = dimensions.{{ column }}
        {%- endfor %}
where
    expected.segment_dimension is null
    or dimensions.segment_dimension is null
    {%- for quantity in quantities %}
    or expected.{{ quantity }} <> dimensions.{{ quantity }}
    {%- endfor %}

{% endtest %}
