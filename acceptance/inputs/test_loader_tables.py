"""Tables as loaders leave them in a warehouse become orders and refunds by a ready mapping."""
# ruff: noqa: E501 (rows of tables)

from decimal import Decimal

import duckdb
import pytest

from acceptance.support.builds import NOTHING_ELSE
from retention_cli.project import Project

TABLES = """
create schema shop;
create table shop."order" as select * from (values
    (1, 11, timestamp '2025-01-05 10:00:00', 100.0, 10.0, 90.0, 15.0, false, 'paid', null, false, false),
    (2, 11, timestamp '2025-02-05 10:00:00', 119.0, 0.0, 119.0, 19.0, true, 'paid', null, false, false),
    (3, 12, timestamp '2025-02-06', 50, 0, 50, 0, false, 'paid', timestamp '2025-02-07', false, false),
    (4, 12, timestamp '2025-02-06', 60, 0, 60, 0, false, 'paid', null, true, false),
    (5, 12, timestamp '2025-02-06', 70, 0, 70, 0, false, 'paid', null, false, true),
    (6, 12, timestamp '2025-02-06', 80, 0, 80, 0, false, 'authorized', null, false, false)
) as t(
    id, customer_id, created_at, total_line_items_price, total_discounts, total_price, total_tax,
    taxes_included, financial_status, cancelled_at, test, _fivetran_deleted
);
alter table shop."order" add column total_shipping_price_set varchar;
update shop."order" set total_shipping_price_set = '{"shop_money": {"amount": "5.00"}}' where id = 1;
create table shop."transaction" as select * from (values
    (901, 1, timestamp '2025-01-10', 'refund', 'success', 20.0),
    (902, 1, timestamp '2025-01-11', 'refund', 'failure', 20.0),
    (903, 2, timestamp '2025-02-05', 'sale', 'success', 119.0)
) as t(id, order_id, created_at, kind, status, amount);
create table shop.order_line as select * from (values (1, 7, 'Mug', 10.0, 3)) as t(
    order_id, product_id, title, price, quantity
);

create schema pay;
create table pay.charge as select * from (values
    ('ch_1', 'cus_1', timestamp '2025-01-05 10:00:00', 123450, 'eur', 'succeeded', true, true),
    ('ch_2', 'cus_1', timestamp '2025-01-06', 500, 'jpy', 'succeeded', true, true),
    ('ch_3', 'cus_2', timestamp '2025-01-06', 12500, 'kwd', 'succeeded', true, true),
    ('ch_4', 'cus_2', timestamp '2025-01-06', 1500, 'eur', 'succeeded', true, false),
    ('ch_5', 'cus_2', timestamp '2025-01-06', 1500, 'eur', 'succeeded', false, true),
    ('ch_6', 'cus_2', timestamp '2025-01-06', 1500, 'eur', 'failed', true, false)
) as t(id, customer_id, created, amount, currency, status, livemode, captured);
create table pay.refund as select * from (values
    ('re_1', 'ch_1', timestamp '2025-01-10', 450, 'eur', 'succeeded'),
    ('re_2', 'ch_1', timestamp '2025-01-10', 450, 'eur', 'failed')
) as t(id, charge_id, created, amount, currency, status);
create table shop.line_item_enhanced as select * from (values
    ('h1', 'header', timestamp '2025-01-05', 'fulfilled', 11, 3.0, 5.0, null, null, null),
    ('h1', 'line_item', timestamp '2025-01-05', 'fulfilled', 11, null, null, 'p1', 2, 20.0),
    ('h1', 'line_item', timestamp '2025-01-05', 'fulfilled', 11, null, null, 'p2', 1, 5.0),
    ('h2', 'header', timestamp '2025-01-06', 'fulfilled', 12, 0.0, null, null, null, null),
    ('h2', 'line_item', timestamp '2025-01-06', 'fulfilled', 12, null, null, 'p1', 1, 10.0)
) as t(
    header_id, record_type, created_at, header_status, customer_id, discount_amount, refund_amount,
    product_id, quantity, total_amount
);
"""

# Those of Airbyte are made of Fivetran's, in SQL of DuckDB.
OF_AIRBYTE = """
create table shop.orders as select
    * exclude (customer_id, _fivetran_deleted),
    cast('{"id": ' || customer_id || '}' as json) as customer
from shop."order" where id <> 5;
create table pay.charges as select
    * exclude (customer_id) replace (cast(epoch(created) as bigint) as created), customer_id as customer
from pay.charge;
create table pay.refunds as select
    * exclude (charge_id) replace (cast(epoch(created) as bigint) as created), charge_id as charge
from pay.refund;
"""
WOOCOMMERCE = """
create table shop.woocommerce_orders as select * from (values
    (1, 11, '2025-01-05T10:00:00', 'completed', '120.00', '19.00', '5.00', '4.00', 'EUR'),
    (2, 0, '2025-01-06T10:00:00', 'checkout-draft', '50.00', '0.00', '0.00', '0.00', 'EUR')
) as t(id, customer_id, date_created_gmt, status, total, total_tax, shipping_total, discount_total, currency);
alter table shop.woocommerce_orders add column billing json;
update shop.woocommerce_orders set billing = '{"email": "ann@example.com"}';
"""
# As Fivetran names them, with texts for amounts.
WOOCOMMERCE += """
create schema woo;
create table woo.orders as select * from (values
    (1, 11, '2025-01-05T10:00:00', 'completed', '120.00', '19.00', '5.00', '4.00', 'EUR', 'ann@example.com', false),
    (2, 0, '2025-01-06T10:00:00', 'pending', '50.00', '0.00', '0.00', '0.00', 'EUR', '', false),
    (3, 11, '2025-01-06T10:00:00', 'completed', '50.00', '0.00', '0.00', '0.00', 'EUR', '', true)
) as t(
    id, customer_id, date_created_gmt, status, total, total_tax, shipping_total, discount_total, currency,
    billing_email, _fivetran_deleted
);
create table woo.order_line_item as select * from (values
    (1, 1, 7, 'Mug', '2', '100.00', '96.00', false), (2, 1, 8, 'Cap', '1', '5.00', '5.00', true)
) as t(id, order_id, product_id, name, quantity, subtotal, total, _fivetran_deleted);
create table woo.refund as select * from (values
    (901, 1, '24.00', '2025-01-10T10:00:00', false), (902, 1, '1.00', '2025-01-10T10:00:00', true)
) as t(id, order_id, amount, date_created_gmt, _fivetran_deleted);
"""

SHOPIFY = [
    ("1", "11", "100.00", "10.00", "5.00", "paid"),
    # Its prices include tax.
    ("2", "11", "100.00", "0.00", None, "paid"),
    ("3", "12", "50.00", "0.00", None, "cancelled"),
    ("4", "12", "60.00", "0.00", None, "test"),
    ("6", "12", "80.00", "0.00", None, "pending"),
]
STRIPE = [
    ("ch_1", "cus_1", "1234.50", None, None, "succeeded"),
    ("ch_2", "cus_1", "500.00", None, None, "succeeded"),
    ("ch_3", "cus_2", "12.50", None, None, "succeeded"),
    ("ch_4", "cus_2", "15.00", None, None, "pending"),
    ("ch_5", "cus_2", "15.00", None, None, "test"),
    ("ch_6", "cus_2", "15.00", None, None, "failed"),
]
FORMATS = {
    "fivetran_shopify": (
        {"raw_orders": "shop.order", "raw_refunds": "shop.transaction"},
        SHOPIFY,
        [("901", "1", "2025-01-10", "20.00")],
    ),
    "airbyte_shopify": (
        {"raw_orders": "shop.orders", "raw_refunds": "shop.transaction"},
        SHOPIFY,
        [("901", "1", "2025-01-10", "20.00")],
    ),
    "fivetran_stripe": (
        {"raw_orders": "pay.charge", "raw_refunds": "pay.refund"},
        STRIPE,
        [("re_1", "ch_1", "2025-01-10", "4.50")],
    ),
    "airbyte_stripe": (
        {"raw_orders": "pay.charges", "raw_refunds": "pay.refunds"},
        STRIPE,
        [("re_1", "ch_1", "2025-01-10", "4.50")],
    ),
    "airbyte_woocommerce": (
        {"raw_orders": "shop.woocommerce_orders"},
        [
            ("1", "11", "100.00", "4.00", "5.00", "completed"),
            ("2", "0", "50.00", "0.00", "0.00", "checkout-draft"),
        ],
        [],
    ),
    "fivetran_woocommerce": (
        {
            "raw_orders": "woo.orders",
            "raw_order_lines": "woo.order_line_item",
            "raw_refunds": "woo.refund",
        },
        [
            ("1", "11", "100.00", "4.00", "5.00", "completed"),
            ("2", "0", "50.00", "0.00", "0.00", "pending"),
        ],
        [("901", "1", "2025-01-10", "24.00")],
    ),
    "fivetran_line_item_enhanced": (
        dict.fromkeys(["raw_orders", "raw_order_lines", "raw_refunds"], "shop.line_item_enhanced"),
        [
            ("h1", "11", "25.00", "3.00", None, "fulfilled"),
            ("h2", "12", "10.00", "0.00", None, "fulfilled"),
        ],
        [("h1-refund", "h1", "2025-01-05", "5.00")],
    ),
}
AMOUNTS = slice(2, 5)


@pytest.fixture(scope="module")
def parsed(tmp_path_factory):
    project = Project.in_folder(tmp_path_factory.mktemp("loaded"))
    with duckdb.connect(project.database) as connection:
        connection.execute(TABLES + OF_AIRBYTE + WOOCOMMERCE)
    return project, project.dbt("parse", variables={"raw_orders": "shop.order"})


def money(row):
    return tuple(
        Decimal(cell) if cell and cell[:1].isdigit() and "." in cell else cell for cell in row
    )


@pytest.mark.parametrize("name", FORMATS)
def test_tables_of_loaders_are_read_by_their_source_format(name, parsed):
    inputs, orders, refunds = FORMATS[name]
    project, manifest = parsed
    project.dbt(
        *("run", *NOTHING_ELSE, "--select", "+stg_retention__orders", "+stg_retention__refunds"),
        variables={"source_format": name, **inputs},
        # Lines are one more model that the orders are made of.
        manifest=None if "raw_order_lines" in inputs else manifest,
    )
    with duckdb.connect(project.database) as connection:
        found = connection.sql(
            "select order_id, customer_id, gross_amount, discount_amount, shipping_amount, status,"
            " rejection_reason from retention_staging.stg_retention__orders order by 1"
        ).fetchall()
        paid_back = connection.sql(
            "select refund_id, order_id, cast(refund_date as varchar), amount, rejection_reason"
            " from retention_staging.stg_retention__refunds order by 1"
        ).fetchall()
    assert found == [(*money(row), None) for row in orders]
    assert paid_back == [(*money(row), None) for row in refunds]


def test_rows_of_a_loader_come_to_the_marts(parsed):
    project, manifest = parsed
    project.dbt(
        *("run", *NOTHING_ELSE, "--select", "+retention__orders"),
        variables={"source_format": "fivetran_shopify", **FORMATS["fivetran_shopify"][0]},
        manifest=manifest,
    )
    with duckdb.connect(project.database) as connection:
        found = connection.sql(
            "select order_id, net_revenue from retention.retention__orders where is_purchase"
            " order by order_id"
        ).fetchall()
    # 20.00 went back of 110.00 with shipping and tax, 90 / 110 of it for goods.
    assert found == [("1", Decimal("73.6364")), ("2", Decimal("100.00"))]


def test_lines_of_woocommerce_are_read(parsed):
    project, _ = parsed
    project.dbt(
        "run",
        *("--select", "+stg_retention__order_lines"),
        variables={"source_format": "fivetran_woocommerce", **FORMATS["fivetran_woocommerce"][0]},
    )
    with duckdb.connect(project.database) as connection:
        found = connection.sql(
            "select order_id, product_id, product_name, quantity, amount, discount_amount"
            " from retention_staging.stg_retention__order_lines"
        ).fetchall()
    assert found == [("1", "7", "Mug", 2, 100, 4)]


def test_minor_units_are_a_setting_of_any_table(parsed):
    project, manifest = parsed
    with duckdb.connect(project.database) as connection:
        connection.execute(
            "create table shop.cents as select * from (values ('1', 'c', '2025-01-05', '1234', 'EUR'),"
            " ('2', 'c', '2025-01-05', '12500', 'TND'), ('3', 'c', '2025-01-05', '77', 'JPY'))"
            " as t(order_id, customer_id, ordered_at, gross_amount, currency)"
        )
    project.dbt(
        *("run", *NOTHING_ELSE, "--select", "+stg_retention__orders"),
        variables={"raw_orders": "shop.cents", "minor_units": {"raw_orders": ["gross_amount"]}},
        manifest=manifest,
    )
    with duckdb.connect(project.database) as connection:
        found = connection.sql(
            "select gross_amount from retention_staging.stg_retention__orders order by order_id"
        ).fetchall()
    assert [amount for (amount,) in found] == [Decimal("12.34"), Decimal("12.5"), Decimal(77)]
