{#- The declared grain of a model: no two rows share it and no part of it is missing. What is true of each of its rows,
    `identities` by name, is looked at in the same pass: a column of the result says how many rows break it. A row for which
    an identity is unknown (NULL) breaks it too; an identity of quantities that may be NULL has to say so. `some_customers`
    limits the test to what the setting tested_customers says. -#}
{% test unique_grain(model, columns, identities={}, some_customers=false) %}

select
    {{ columns | join(", ") }},
    {%- for name, identity in identities.items() %}
    sum(case when {{ identity }} then 0 else 1 end) as {{ name }},
    {%- endfor %}
    count(*) as rows_found
from {{ retention.sampled_customers(model, some_customers) if some_customers else model }}
group by {{ columns | join(", ") }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
    {%- for identity in identities.values() %}
    or sum(case when {{ identity }} then 0 else 1 end) > 0
    {%- endfor %}

{% endtest %}
