{#- The meaning of the tables that loaders write to a warehouse, by the setting source_format. For each input: the column that
    each of the project's columns is read from, columns computed first (SQL, type, the table columns needed), amounts in minor
    units such as cents, and which rows count. An input that a format does not name is read unchanged. -#}
{% macro source_formats() %}
    {% set shopify_status = "case when cancelled_at is not null then 'cancelled' when test then 'test' when financial_status = 'authorized' then 'pending'
        else financial_status end" %}
    {% set shopify_shipping = retention.json_text("total_shipping_price_set", ["shop_money", "amount"]) %}
    {% set shopify_orders = {
        "columns": {
            "order_id": "id", "customer_id": "customer_id", "ordered_at": "created_at", "gross_amount": "total_line_items_price",
            "discount_amount": "total_discounts", "shipping_amount": "shipping_of_order", "tax_amount": "total_tax",
            "status": "status_of_order", "currency": "currency", "email": "email", "phone": "phone", "updated_at": "updated_at",
        },
        "derived": {
            "shipping_of_order": [shopify_shipping, "text", ["total_shipping_price_set"]],
            "status_of_order": [shopify_status, "text", ["cancelled_at", "test", "financial_status"]],
        },
        "where": [],
    } %}
    {#- Refunded money: goods, shipping and tax together. #}
    {% set shopify_refunds = {
        "columns": {"refund_id": "id", "order_id": "order_id", "refunded_at": "created_at", "amount": "amount"},
        "derived": {},
        "where": [["kind = 'refund' and status = 'success'", ["kind", "status"]]],
    } %}
    {% set shopify_lines = {
        "columns": {"order_id": "order_id", "product_id": "product_id", "product_name": "title", "quantity": "quantity", "amount": "price_of_line"},
        "derived": {"price_of_line": ["price * quantity", "decimal", ["price", "quantity"]]},
        "where": [],
    } %}
    {% set shopify_customers = {
        "columns": {"customer_id": "id", "email": "email", "phone": "phone", "created_at": "created_at", "updated_at": "updated_at"},
        "derived": {},
        "where": [],
    } %}
    {% set of_fivetran = [["not coalesce(_fivetran_deleted, false)", ["_fivetran_deleted"]]] %}
    {% set stripe_status = "case when not livemode then 'test' when status = 'succeeded' and not captured then 'pending' else status end" %}
    {% set succeeded = [["status = 'succeeded'", ["status"]]] %}
    {#- WooCommerce's amounts are texts; those of discounts and shipping exclude tax. #}
    {% set woocommerce_goods = "cast(total as decimal(18, 4)) - cast(total_tax as decimal(18, 4)) - cast(shipping_total as decimal(18, 4)) + cast(discount_total as decimal(18, 4))" %}
    {% set line_items = {
        "raw_orders": {
            "columns": {
                "order_id": "header_id", "customer_id": "customer_id", "ordered_at": "created_at", "gross_amount": "no_amount",
                "discount_amount": "discount_amount", "tax_amount": "tax_amount", "status": "header_status", "currency": "currency",
                "email": "customer_email", "total_amount": "",
            },
            "derived": {"no_amount": ["cast(null as decimal(18, 2))", "decimal", []]},
            "where": [["record_type = 'header'", ["record_type"]]],
        },
        "raw_order_lines": {
            "columns": {"order_id": "header_id", "product_id": "product_id", "product_name": "product_name",
                        "product_category": "product_type", "quantity": "quantity", "amount": "total_amount"},
            "derived": {},
            "where": [["record_type = 'line_item'", ["record_type"]]],
        },
        "raw_refunds": {
            "columns": {"refund_id": "id_of_refund", "order_id": "header_id", "refunded_at": "created_at", "amount": "refund_amount"},
            "derived": {"id_of_refund": [dbt.concat(["cast(header_id as " ~ dbt.type_string() ~ ")", "'-refund'"]), "text", ["header_id"]]},
            "where": [["record_type = 'header' and refund_amount <> 0", ["record_type", "refund_amount"]]],
        },
    } %}
    {{ return({
        "fivetran_shopify": {
            "raw_orders": dict(shopify_orders, where=of_fivetran),
            "raw_order_lines": shopify_lines,
            "raw_refunds": shopify_refunds,
            "raw_customers": shopify_customers,
        },
        "airbyte_shopify": {
            "raw_orders": dict(
                shopify_orders,
                columns=dict(shopify_orders["columns"], customer_id="id_of_customer"),
                derived=dict(shopify_orders["derived"], id_of_customer=[retention.json_text("customer", ["id"]), "text", ["customer"]]),
            ),
            "raw_refunds": shopify_refunds,
            "raw_customers": shopify_customers,
        },
        "fivetran_stripe": {
            "raw_orders": {
                "columns": {
                    "order_id": "id", "customer_id": "customer_id", "ordered_at": "created", "gross_amount": "amount",
                    "status": "status_of_charge", "currency": "currency", "email": "receipt_email",
                },
                "derived": {"status_of_charge": [stripe_status, "text", ["livemode", "captured", "status"]]},
                "minor_units": ["gross_amount"],
                "where": [],
            },
            "raw_refunds": {
                "columns": {"refund_id": "id", "order_id": "charge_id", "refunded_at": "created", "amount": "amount"},
                "derived": {},
                "minor_units": ["amount"],
                "where": succeeded,
            },
        },
        "airbyte_stripe": {
            "raw_orders": {
                "columns": {
                    "order_id": "id", "customer_id": "customer", "ordered_at": "created", "gross_amount": "amount",
                    "status": "status_of_charge", "currency": "currency", "email": "receipt_email",
                },
                "derived": {"status_of_charge": [stripe_status, "text", ["livemode", "captured", "status"]]},
                "minor_units": ["gross_amount"],
                "epochs": ["ordered_at"],
                "where": [],
            },
            "raw_refunds": {
                "columns": {"refund_id": "id", "order_id": "charge", "refunded_at": "created", "amount": "amount"},
                "derived": {},
                "minor_units": ["amount"],
                "epochs": ["refunded_at"],
                "where": succeeded,
            },
        },
        "airbyte_woocommerce": {
            "raw_orders": {
                "columns": {
                    "order_id": "id", "customer_id": "customer_id", "ordered_at": "date_created_gmt",
                    "gross_amount": "goods_before_discounts", "discount_amount": "discount_total", "shipping_amount": "shipping_total",
                    "tax_amount": "total_tax", "status": "status", "currency": "currency", "email": "email_of_order",
                    "updated_at": "date_modified_gmt",
                },
                "derived": {
                    "goods_before_discounts": [woocommerce_goods, "decimal", ["total", "total_tax", "shipping_total", "discount_total"]],
                    "email_of_order": [retention.json_text("billing", ["email"]), "text", ["billing"]],
                },
                "where": [],
            },
            "raw_customers": {
                "columns": {"customer_id": "id", "email": "email", "created_at": "date_created_gmt", "updated_at": "date_modified_gmt"},
                "derived": {},
                "where": [],
            },
        },
        "fivetran_woocommerce": {
            "raw_orders": {
                "columns": {
                    "order_id": "id", "customer_id": "customer_id", "ordered_at": "date_created_gmt",
                    "gross_amount": "goods_before_discounts", "discount_amount": "discount_total", "shipping_amount": "shipping_total",
                    "tax_amount": "total_tax", "status": "status", "currency": "currency", "email": "billing_email",
                    "phone": "billing_phone", "updated_at": "date_modified_gmt",
                },
                "derived": {"goods_before_discounts": [woocommerce_goods, "decimal", ["total", "total_tax", "shipping_total", "discount_total"]]},
                "where": of_fivetran,
            },
            "raw_order_lines": {
                "columns": {"order_id": "order_id", "product_id": "product_id", "product_name": "name", "quantity": "quantity",
                            "amount": "subtotal", "discount_amount": "discount_of_line"},
                "derived": {"discount_of_line": [
                    "cast(subtotal as decimal(18, 4)) - cast(total as decimal(18, 4))", "decimal", ["subtotal", "total"]
                ]},
                "where": of_fivetran,
            },
            "raw_refunds": {
                "columns": {"refund_id": "id", "order_id": "order_id", "refunded_at": "date_created_gmt", "amount": "amount"},
                "derived": {},
                "where": of_fivetran,
            },
            "raw_customers": {
                "columns": {"customer_id": "id", "email": "email", "created_at": "date_created_gmt", "updated_at": "date_modified_gmt"},
                "derived": {},
                "where": of_fivetran,
            },
        },
        "fivetran_line_item_enhanced": line_items,
    }) }}
{% endmacro %}


{#- The source format's entry for an input; empty if it has none. -#}
{% macro source_format(input) %}
    {% set is_own = var("source_format") == "generic" or retention.uses_demo_shop() %}
    {{ return({} if is_own else retention.source_formats().get(var("source_format"), {}).get(input, {})) }}
{% endmacro %}


{#- Whether all the columns are among those found, which are pairs of name and type. -#}
{% macro are_found(columns, found) %}
    {{ return(columns | reject("in", found | map("first") | map("lower") | list) | list | length == 0) }}
{% endmacro %}


{#- The columns computed from those in `found`, by name. -#}
{% macro derived_columns(input, found) %}
    {% set derived = {} %}
    {% for name, how in retention.source_format(input).get("derived", {}).items() if retention.are_found(how[2], found) %}
        {% do derived.update({name: how}) %}
    {% endfor %}
    {{ return(derived) }}
{% endmacro %}


{#- An input's table with the columns that its source format computes, and only the rows that count. -#}
{% macro formatted_source(input, source, found) %}
    {% set format = retention.source_format(input) %}
    {% set conditions = [] %}
    {% for condition, needs in format.get("where", []) if retention.are_found(needs, found) %}
        {% do conditions.append(condition) %}
    {% endfor %}
    {% set columns = ["loaded.*"] %}
    {% for name, how in retention.derived_columns(input, found).items() %}
        {% do columns.append(how[0] ~ " as " ~ name) %}
    {% endfor %}
    {{ return(
        "(select " ~ columns | join(", ") ~ " from " ~ source ~ " as loaded"
        ~ (" where " ~ conditions | join(" and ") if conditions else "") ~ ") as formatted"
    ) }}
{% endmacro %}
