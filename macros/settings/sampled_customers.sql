{#- The rows of a view of customers that a test looks at: those of the first `tested_customers` customers. Engines take the
    condition to the tables under the view; testing all customers of a large shop takes longer than building everything. -#}
{% macro sampled_customers(model) %}
    {{ return("(select * from " ~ model ~ " where customer_number <= " ~ var("tested_customers") | int ~ ") as tested_customers") }}
{% endmacro %}
