{#- The grain of a model that is one row without a key: parameters and dates that hold for the whole shop. -#}
{% test one_row(model) %}

select count(*) as rows_found
from {{ model }}
having count(*) <> 1

{% endtest %}
