{#- The rows of a view of customers that a test looks at: those of all customers, or of as many as the setting
    `tested_customers` says, which ones their keys decide. The border is a number, not a query, as engines take
    that to the tables under the view. -#}
{% macro of_tested_customers(model) %}
    {% set customer_totals = ref("retention", "int_retention__customer_totals") %}
    {% set fingerprint = retention.row_fingerprint(["customer_key"]) %}
    {% set border = none %}
    {#- What is compiled alone asks no database. #}
    {% if execute and flags.WHICH in ["build", "test", "show"] and load_relation(customer_totals) %}
        {% set first_untested %}
            select cast({{ fingerprint }} as {{ retention.type_fingerprint() }}) as fingerprint from {{ customer_totals }}
            order by 1
            limit 1 offset {{ var("tested_customers") | int }}
        {% endset %}
        {% set rows = run_query(first_untested).rows %}
        {% set border = rows[0][0] | int if rows | length else none %}
    {% endif %}
    {%- if border is none -%}
    {{ return(model) }}
    {%- endif -%}
    {{ return("(select * from " ~ model ~ " where " ~ fingerprint ~ " < " ~ border ~ ") as tested_customers") }}
{% endmacro %}
