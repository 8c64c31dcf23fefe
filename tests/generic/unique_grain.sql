{#- The declared grain of a model: no two rows share it and no part of it is NULL. The named `identities`, which hold in
    each row, are checked in the same pass: a column of the result counts the rows that break each one. A row in which an
    identity is unknown (NULL) breaks it too, so an identity of nullable quantities has to allow for NULL. `some_customers`
    limits the test to the sample given by the setting tested_customers. -#}
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
