{#- The declared grain of a model: no two rows share it and no part of it is missing. `some_customers` limits the
    test to what the setting tested_customers says. -#}
{% test unique_grain(model, columns, some_customers=false) %}

select
    {{ columns | join(", ") }},
    count(*) as rows_found
from {{ retention.sampled_customers(model, some_customers) if some_customers else model }}
group by {{ columns | join(", ") }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
