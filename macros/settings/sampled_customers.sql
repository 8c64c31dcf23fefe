{#- The rows of a view that a test checks: those of the first `tested_customers` customers, and unattributed rows if the view
    has any (`with_unattributed`). Engines push the condition down to the tables under the view; testing all customers of a
    large shop takes longer than building everything. -#}
{% macro sampled_customers(model, which=true) %}
    {%- set number = "coalesce(customer_number, 0)" if which == "with_unattributed" else "customer_number" %}
    {{- return("(select * from " ~ model ~ " where " ~ number ~ " <= " ~ var("tested_customers") | int ~ ") as tested_customers") }}
{% endmacro %}
