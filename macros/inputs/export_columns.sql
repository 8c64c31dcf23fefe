{#- The columns of each export that the project reads, under the project's own names for them, with every
    way they are spelled (in any capitalisation). An export that spells one column in two ways, as the
    union of two files can, is read through both. -#}
{% macro export_columns() %}
    {{ return({
        "invoice_lines": {
            "invoice_number": {"spellings": ["InvoiceNo", "Invoice"], "required": true},
            "stock_code": {"spellings": ["StockCode"], "required": true},
            "description": {"spellings": ["Description"]},
            "quantity": {"spellings": ["Quantity"], "required": true},
            "invoiced_at": {"spellings": ["InvoiceDate"], "required": true},
            "unit_price": {"spellings": ["UnitPrice", "Price"], "required": true},
            "customer_id": {"spellings": ["CustomerID", "Customer ID"], "required": true},
            "country": {"spellings": ["Country"]},
        },
        "shopify": {
            "order_name": {"spellings": ["Name"], "required": true},
            "email": {"spellings": ["Email"], "required": true},
            "created_at": {"spellings": ["Created at"], "required": true},
            "paid_at": {"spellings": ["Paid at"]},
            "cancelled_at": {"spellings": ["Cancelled at", "Canceled at"]},
            "financial_status": {"spellings": ["Financial Status"]},
            "currency": {"spellings": ["Currency"]},
            "subtotal": {"spellings": ["Subtotal"], "required": true},
            "shipping": {"spellings": ["Shipping"]},
            "taxes": {"spellings": ["Taxes"]},
            "duties": {"spellings": ["Duties"]},
            "total": {"spellings": ["Total"], "required": true},
            "discount_amount": {"spellings": ["Discount Amount"]},
            "refunded_amount": {"spellings": ["Refunded Amount"]},
            "line_item_name": {"spellings": ["Lineitem name"]},
            "line_item_sku": {"spellings": ["Lineitem sku"]},
            "line_item_quantity": {"spellings": ["Lineitem quantity"]},
            "line_item_price": {"spellings": ["Lineitem price"]},
            "line_item_discount": {"spellings": ["Lineitem discount"]},
        },
        "woocommerce": {
            "dated": {"spellings": ["Date"], "required": true},
            "order_number": {"spellings": ["Order #"], "required": true},
            "net_sales": {"spellings": ["Net Sales", "N. Revenue"], "required": true},
            "formatted_total": {"spellings": ["N. Revenue (formatted)"]},
            "status": {"spellings": ["Status"]},
            "customer": {"spellings": ["Customer"]},
            "products": {"spellings": ["Product(s)"]},
            "items_sold": {"spellings": ["Items sold"]},
        },
    }) }}
{% endmacro %}


{#- The rows of the export that raw_orders names, as text: the columns of its format and the attributes
    that segment customers. -#}
{% macro read_rows(format) %}
    {%- set source = retention.input_source("raw_orders") -%}
    {%- set found = retention.input_columns("raw_orders") -%}
    {%- set expected = retention.export_columns()[format] -%}
    {%- if found %}
        {%- do retention.require_export_columns(found) -%}
        {%- do retention.require_segment_columns() -%}
    {%- endif -%}
    select
        {%- for name, column in expected.items() %}
        {{ retention.spelled_column(column.spellings, found) }} as {{ name }}{{ "," if not loop.last or retention.segment_columns() }}
        {%- endfor %}
        {%- for dimension in retention.segment_columns() %}
        {{ retention.attribute_column(dimension, found) }} as attribute_{{ loop.index }}{{ "," if not loop.last }}
        {%- endfor %}
    {%- if source %}
    from {{ source }}
    {%- else %}
    where 1 = 0
    {%- endif %}
{% endmacro %}


{#- One column as trimmed text, through every spelling of it that is there. -#}
{% macro spelled_column(spellings, found) %}
    {%- set present = [] -%}
    {%- for spelling in spellings if spelling | lower in found -%}
        {%- do present.append(retention.text_column(spelling, found)) -%}
    {%- endfor -%}
    {%- if present | length > 1 -%}
        {{- return("coalesce(" ~ present | join(", ") ~ ")") -}}
    {%- endif -%}
    {{- return(present[0] if present else retention.text_column(spellings[0], {})) -}}
{% endmacro %}


{% macro require_export_columns(found) %}
    {% for column in retention.export_columns()[var("source_format")].values()
        if column.required and not column.spellings | map("lower") | select("in", found) | list %}
        {% do exceptions.raise_compiler_error(
            "raw_orders: source_format " ~ var("source_format") ~ " needs the column '" ~ column.spellings | join("' or '")
            ~ "' (found: " ~ retention.listed(found.values()) ~ "); export it again with this column, or set another source_format"
        ) %}
    {% endfor %}
{% endmacro %}


{#- Columns of the exports that say who somebody is or where they live: no segment is cut by them. -#}
{% macro personal_columns() %}
    {% set columns = ["email", "phone", "customer", "employee", "notes", "note attributes", "payment reference"] %}
    {% for address in ["billing", "shipping"] %}
        {% for part in ["name", "street", "address1", "address2", "company", "zip", "phone"] %}
            {% do columns.append(address ~ " " ~ part) %}
        {% endfor %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}
