{#- A line of an invoice as it came in, for people to look at. -#}
{% macro invoice_line_as_json() -%}
    {{ retention.redact_emails(retention.json_object([
        "invoice_number", "stock_code", "description", "quantity_text", "unit_price_text", "invoiced_at", "customer_id",
        "country",
    ])) }}
{%- endmacro %}
