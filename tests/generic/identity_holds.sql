{#- An identity that holds in every row of a model without a grain. A row in which it is unknown (NULL) fails too, so an
    identity of nullable quantities has to allow for NULL. -#}
{% test identity_holds(model, identity) %}

select *
from {{ model }}
where ({{ identity }}) is not true

{% endtest %}
