{#- An identity that every row fulfils. A row for which it is unknown (NULL) fails too; an identity of
    quantities that may be NULL has to say so. `some_customers` limits the test to what the setting
    tested_customers says. -#}
{% test identity_holds(model, identity, some_customers=false) %}

select *
from {{ retention.sampled_customers(model, some_customers) if some_customers else model }}
where ({{ identity }}) is not true

{% endtest %}
