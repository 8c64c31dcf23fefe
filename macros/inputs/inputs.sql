{#- What the project reads: the id of a record, the columns each input needs, those it uses where they
    are there, those that hold times and amounts of money, and the amount its money is reconciled by. A cost has no id: two equal rows can be two
    equal invoices, as advertising platforms bill by fixed amounts, so none of them is dropped. -#}
{% macro inputs() %}
    {{ return({
        "raw_orders": {
            "id": "order_id",
            "required": ["order_id", "customer_id", "ordered_at", "gross_amount"],
            "optional": [
                "email", "status", "currency", "discount_amount", "shipping_amount", "tax_amount", "cost_amount",
            ],
            "times": ["ordered_at"],
            "amounts": ["gross_amount", "discount_amount", "shipping_amount", "tax_amount", "cost_amount"],
            "amount": "gross_amount",
        },
        "raw_customers": {
            "id": "customer_id",
            "required": ["customer_id"],
            "optional": ["email", "created_at", "referred_by_customer_id"],
            "times": ["created_at"],
            "amounts": [],
            "amount": none,
        },
        "raw_refunds": {
            "id": "refund_id",
            "required": ["refund_id", "order_id", "refunded_at", "amount"],
            "optional": [],
            "times": ["refunded_at"],
            "amounts": ["amount"],
            "amount": "amount",
        },
        "raw_costs": {
            "id": none,
            "required": ["spent_on", "purpose", "amount"],
            "optional": ["channel", "currency"],
            "times": ["spent_on"],
            "amounts": ["amount"],
            "amount": "amount",
        },
        "raw_exchange_rates": {
            "id": none,
            "required": ["currency", "valid_from", "rate"],
            "optional": [],
            "times": [],
            "amounts": [],
            "amount": none,
        },
        "raw_survey_responses": {
            "id": "response_id",
            "required": ["response_id", "customer_id", "responded_at", "score"],
            "optional": ["touchpoint"],
            "times": ["responded_at"],
            "amounts": [],
            "amount": none,
        },
    }) }}
{% endmacro %}


{#- Each format is a folder of models under models/staging that end in the columns of `inputs`. It makes
    these of what raw_orders names; every other input is read in the columns of the public interface. What
    Shopify's orders export says of refunds has no date, so refunds that are given by themselves go first. -#}
{% macro source_formats() %}
    {% if var("source_format") is not string %}
        {% do exceptions.raise_compiler_error("source_format: '" ~ var("source_format") ~ "' is no name of a format, such as generic") %}
    {% endif %}
    {{ return({
        "generic": ["raw_orders", "raw_customers", "raw_refunds", "raw_costs", "raw_exchange_rates", "raw_survey_responses"],
        "cdnow": ["raw_orders"],
        "invoice_lines": ["raw_orders", "raw_refunds"],
        "woocommerce": ["raw_orders", "raw_refunds"],
        "shopify": ["raw_orders"] if var("raw_refunds") else ["raw_orders", "raw_refunds"],
    }) }}
{% endmacro %}


{% macro is_made_by_format(input) %}
    {{ return(input in retention.source_formats()[var("source_format")]) }}
{% endmacro %}


{#- The input whose rows stand behind the records of an input: a format makes all of its records of the
    rows of raw_orders. -#}
{% macro input_of_records(input) %}
    {{ return("raw_orders" if var("source_format") != "generic" and retention.is_made_by_format(input) else input) }}
{% endmacro %}


{#- In most formats a record is not simply a row: several rows make one order, or one row makes an order
    and its refund. They count their rows in a model of their own. -#}
{% macro has_row_accounting() %}
    {{ return(var("source_format") not in ["generic", "cdnow"]) }}
{% endmacro %}


{#- The demo shop has a seed for every input but exchange rates: it has one currency. -#}
{% macro demo_seed(input) %}
    {{ return("retention_demo__" ~ input) }}
{% endmacro %}


{#- What an input is set to: the path of a file, the name of a relation or of a model; empty if to nothing. -#}
{% macro input_value(input) %}
    {% set value = var(input) %}
    {% if value and value is not string %}
        {% do exceptions.raise_compiler_error(
            input ~ ": '" ~ value ~ "' is not text; give one file, a glob of several, a schema.table or a model"
        ) %}
    {% endif %}
    {{ return((value or "") | trim) }}
{% endmacro %}


{#- How an input is given: `demo`, `none`, `file`, `relation` (schema.table) or `model`. -#}
{% macro input_kind(input) %}
    {% set value = retention.input_value(input) %}
    {% if retention.uses_demo_shop() and input != "raw_exchange_rates" %}
        {{ return("demo") }}
    {% elif not value %}
        {{ return("none") }}
    {% elif modules.re.search("[/\\\\*]|\\.(csv|csv\\.gz|tsv|txt|parquet|json)$", value, modules.re.IGNORECASE) %}
        {{ return("file") }}
    {% elif "." in value %}
        {{ return("relation") }}
    {% else %}
        {{ return("model") }}
    {% endif %}
{% endmacro %}


{#- The model that holds every distinct record of an input: raw_orders -> stg_retention__order_records. -#}
{% macro records_model(input) %}
    {{ return("stg_retention__" ~ input[4:-1] ~ "_records") }}
{% endmacro %}


{#- The id of a record as a select expression, NULL where the input has none. -#}
{% macro record_id(input) %}
    {{- return(retention.inputs()[input].id or "cast(null as " ~ dbt.type_string() ~ ")") -}}
{% endmacro %}
