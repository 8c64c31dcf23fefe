"""The marts of every source format's example equal the recomputation from its orders and refunds.

How the rows of an export become orders and refunds is tested format by format, by hand; from there
on the independent recomputation takes over.
"""

from dataclasses import replace

import pytest

from acceptance.marts.test_marts import FITS, differences, marts_of, variables_of
from acceptance.oracle.settings import Settings
from retention_cli.project import Project

# What speaks of the rows that came in rather than of the records made of them.
OF_ROWS = {"retention__data_quality", "retention__rejected_records"}

ORDERS = """
    select
        order_id,
        customer_id,
        strftime(ordered_at, '%Y-%m-%d %H:%M:%S.%fZ') as ordered_at,
        cast(gross_amount as varchar) as gross_amount,
        status,
        currency,
        cast(discount_amount as varchar) as discount_amount,
        cast(shipping_amount as varchar) as shipping_amount,
        cast(tax_amount as varchar) as tax_amount,
        attribute_1 as "{segment}"
    from retention_staging.stg_retention__orders
"""
REFUNDS = """
    select
        refund_id,
        order_id,
        cast(refund_date as varchar) as refunded_at,
        cast(amount as varchar) as amount
    from retention_staging.stg_retention__refunds
"""


@pytest.mark.parametrize(
    ("source_format", "export", "settings"),
    [
        ("invoice_lines", "*.csv", Settings(segment_columns=("Country",))),
        (
            "shopify",
            "*.csv",
            Settings(
                segment_columns=("Billing Country",),
                reporting_timezone="Europe/Berlin",
                activity_window_days=30,
            ),
        ),
        (
            "woocommerce",
            "orders_export.csv",
            Settings(segment_columns=("Attribution",), activity_window_days=20),
        ),
    ],
)
def test_marts_of_an_example_equal_their_recomputation(source_format, export, settings, tmp_path):
    settings = replace(settings, clv_parameters=FITS)
    project = Project.in_folder(tmp_path)
    export = {"raw_orders": f"examples/{source_format}/{export}", "source_format": source_format}
    project.dbt("run", variables=variables_of(settings) | export)
    [segment] = settings.segment_columns
    raw = {
        "orders": project.marts.query(ORDERS.format(segment=segment)),
        "refunds": project.marts.query(REFUNDS),
    }
    assert len(raw["orders"])
    assert len(raw["refunds"])
    assert differences(marts_of(project.marts), raw, settings, without=OF_ROWS) == []
