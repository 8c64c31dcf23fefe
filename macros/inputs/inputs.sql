{#- What the project reads: the id of a record, the columns that each input requires, and those it uses if present. A
    cost has no id: two equal rows can be two equal invoices, as advertising platforms bill fixed amounts, so neither is
    dropped. -#}
{% macro inputs() %}
    {{ return({
        "raw_orders": {
            "id": "order_id",
            "required": ["order_id", "customer_id", "ordered_at", "gross_amount"],
            "optional": [
                "status", "currency", "discount_amount", "shipping_amount", "tax_amount", "cost_amount",
                "fulfilment_cost_amount", "payment_fee_amount", "email", "phone", "store", "updated_at", "loaded_at",
                "taxes_included", "total_amount",
            ],
        },
        "raw_order_lines": {
            "id": none,
            "required": ["order_id", "product_id", "quantity", "amount"],
            "optional": ["product_name", "product_category", "discount_amount", "cost_amount", "currency", "store"],
        },
        "raw_rejected_rows": {
            "id": none,
            "required": ["input", "reason"],
            "optional": ["record_id", "raw_record", "amount"],
        },
        "raw_customers": {
            "id": "customer_id",
            "required": ["customer_id"],
            "optional": ["email", "phone", "store", "created_at", "updated_at", "loaded_at", "referred_by_customer_id"],
        },
        "raw_refunds": {
            "id": "refund_id",
            "required": ["refund_id", "order_id", "refunded_at", "amount"],
            "optional": ["goods_amount", "currency", "store", "updated_at", "loaded_at"],
        },
        "raw_costs": {
            "id": none,
            "required": ["spent_on", "purpose", "amount"],
            "optional": ["channel", "currency"],
        },
        "raw_exchange_rates": {
            "id": none,
            "required": ["currency", "valid_from", "rate"],
            "optional": [],
        },
        "raw_survey_responses": {
            "id": "response_id",
            "required": ["response_id", "customer_id", "responded_at", "score"],
            "optional": ["touchpoint", "store"],
        },
        "raw_annotations": {
            "id": none,
            "required": ["date", "text"],
            "optional": [],
        },
    }) }}
{% endmacro %}


{#- The setting of an input: a file path, or the name of a relation or model; empty if not set. -#}
{% macro input_value(input) %}
    {% set value = var(input) %}
    {% if value and value is not string %}
        {% do exceptions.raise_compiler_error(
            input ~ ": '" ~ value ~ "' is not text; give one file, a glob of several, a schema.table or a model"
        ) %}
    {% endif %}
    {{ return((value or "") | trim) }}
{% endmacro %}


{#- How an input is given: `demo`, `none`, `file`, `relation` (schema.table) or `model`. The demo shop has a seed for
    every input except exchange rates (it has one currency), lines, notes and rows that retention.py could not read. -#}
{% macro input_kind(input) %}
    {% set value = retention.input_value(input) %}
    {% if retention.uses_demo_shop() and input not in ["raw_exchange_rates", "raw_order_lines", "raw_rejected_rows", "raw_annotations"] %}
        {{ return("demo") }}
    {% elif not value %}
        {{ return("none") }}
    {% elif modules.re.search("[/\\\\*]|\\.(csv|csv\\.gz|tsv|txt|parquet|jsonl?|ndjson|xlsx?|ods|gz|zip)$", value, modules.re.IGNORECASE) %}
        {{ return("file") }}
    {% elif "." in value %}
        {{ return("relation") }}
    {% endif %}
    {{ return("model") }}
{% endmacro %}
