{#- What the project reads: the columns each input needs, the first of which is its id, those it uses
    where they are there, and the amount its money is reconciled by. -#}
{% macro inputs() %}
    {{ return({
        "raw_orders": {
            "required": ["order_id", "customer_id", "ordered_at", "gross_amount"],
            "optional": [
                "email", "status", "currency", "discount_amount", "shipping_amount", "tax_amount", "cost_amount",
            ],
            "amount": "gross_amount",
        },
        "raw_customers": {
            "required": ["customer_id"],
            "optional": ["email", "created_at", "referred_by_customer_id"],
            "amount": none,
        },
        "raw_refunds": {
            "required": ["refund_id", "order_id", "refunded_at", "amount"],
            "optional": [],
            "amount": "amount",
        },
    }) }}
{% endmacro %}


{#- Each format is a folder of models under models/staging that end in the columns of `inputs`. It makes
    these of what raw_orders names; every other input is read in the columns of the public interface. -#}
{% macro source_formats() %}
    {{ return({
        "generic": ["raw_orders", "raw_customers", "raw_refunds"],
        "cdnow": ["raw_orders"],
        "invoice_lines": ["raw_orders", "raw_refunds"],
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


{#- The demo shop has a seed for every input. -#}
{% macro demo_seed(input) %}
    {{ return("retention_demo__" ~ input) }}
{% endmacro %}


{#- How an input is given: `demo`, `none`, `file`, `relation` (schema.table) or `model`. -#}
{% macro input_kind(input) %}
    {% set value = var(input) | string | trim %}
    {% if retention.uses_demo_shop() %}
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


{% macro record_id(input) %}
    {{ return(retention.inputs()[input].required | first) }}
{% endmacro %}
