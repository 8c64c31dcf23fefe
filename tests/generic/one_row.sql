{#- The grain of a model with a single row and no key: parameters and dates of the whole shop. -#}
{% test one_row(model) %}

select count(*) as rows_found
from {{ model }}
having count(*) <> 1

{% endtest %}
