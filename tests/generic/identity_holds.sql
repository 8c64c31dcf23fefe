{#- An identity that every row of a model without a grain fulfils. A row for which it is unknown (NULL) fails too; an identity
    of quantities that may be NULL has to say so. -#}
{% test identity_holds(model, identity) %}

select *
from {{ model }}
where ({{ identity }}) is not true

{% endtest %}
