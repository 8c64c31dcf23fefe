{#- The rows of a view that a test looks at: those of the first `tested_customers` customers, and of nobody where the view has
    such rows (`with_unattributed`). Engines take the condition to the tables under the view; testing all customers of a large
    shop takes longer than building everything. -#}
{% macro sampled_customers(model, which=true) %}
    {%- set number = "coalesce(customer_number, 0)" if which == "with_unattributed" else "customer_number" %}
    {{- return("(select * from " ~ model ~ " where " ~ number ~ " <= " ~ var("tested_customers") | int ~ ") as tested_customers") }}
{% endmacro %}
