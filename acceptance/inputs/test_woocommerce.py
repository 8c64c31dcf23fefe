"""The source format `woocommerce`, on its example; the values were worked out by hand."""

from decimal import Decimal

import pytest

from acceptance.support.personal_data import texts_outside_staging
from retention_cli.project import Project


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    project = Project.in_folder(tmp_path_factory.mktemp("woocommerce"))
    variables = {
        "raw_orders": "examples/woocommerce/orders_export.csv",
        "source_format": "woocommerce",
        "segment_columns": ["Attribution"],
    }
    project.dbt("build", "--exclude", "test_type:unit", variables=variables)
    with project.marts.connection() as connection:
        yield connection


def money(*amounts):
    return tuple(Decimal(amount) for amount in amounts)


def test_rows_become_orders_and_refunds(example):
    orders = example.sql(
        "select order_id, is_purchase, gross_revenue, refunds from retention__orders order by 1"
    ).fetchall()
    assert orders == [
        ("1201", True, *money("50.00", "0")),
        ("1202", True, *money("1000.00", "200.00")),
        ("1203", True, *money("25.00", "0")),  # its refund is one of shipping
        ("1204", False, *money("33.61", "0")),
        ("1205", True, *money("16.81", "0")),
        ("1206", True, *money("30.00", "30.00")),
        ("1207", True, *money("17.85", "0")),  # as it is shown: 17,85 €
    ]


def test_refunds_have_their_own_days(example):
    refunds = example.sql(
        "select refund_id, order_id, cast(refund_date as varchar), amount"
        " from retention_staging.stg_retention__refunds order by 1"
    ).fetchall()
    assert refunds == [
        ("1202-refund-1", "1202", "2024-02-25", *money("200.00")),
        ("1203-refund-1", "1203", "2024-03-10", *money("0")),
        ("1206-refund-1", "1206", "2024-03-09", *money("30.00")),
    ]


def test_people_are_their_names_and_no_name_leaves_staging(example):
    keys = dict(example.sql("select order_id, customer_key from retention__orders").fetchall())
    assert keys["1201"] == keys["1203"]  # "marta kowalska "
    assert keys["1202"] == keys["1207"]
    assert keys["1205"] is None
    names = ["kowalska", "berg", "duarte", "nowak"]
    assert texts_outside_staging(example, *names) == []


def test_every_unusable_row_has_its_reason(example):
    rejected = example.sql("select record_id, reason from retention__rejected_records order by 1")
    assert rejected.fetchall() == [
        ("1100-refund-1", "order_id names no order that is used"),
        ("1208", "gross_amount is not a number"),
    ]


def test_rows_are_accounted_for_in_rows_and_in_money(example):
    quality = example.sql(
        "select raw, accepted, rejected, duplicates_dropped,"
        " raw_amount, accepted_amount, rejected_amount, duplicates_dropped_amount"
        " from retention__data_quality where input = 'raw_orders'"
    ).fetchall()
    assert quality == [(13, 10, 2, 1, *money("931.12", "943.27", "-30.00", "17.85"))]
