"""The source format `shopify`, on its example; the values were worked out by hand."""

from decimal import Decimal

import pytest

from acceptance.support.personal_data import texts_outside_staging
from retention_cli.project import DbtFailedError, Project

EXAMPLE = {
    "raw_orders": "examples/shopify/*.csv",
    "source_format": "shopify",
    "segment_columns": ["Billing Country"],
    "reporting_timezone": "Europe/Berlin",
}


def money(*amounts):
    return tuple(Decimal(amount) for amount in amounts)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project.in_folder(tmp_path_factory.mktemp("shopify"))
    project.dbt("build", "--exclude", "test_type:unit", variables=EXAMPLE)
    return project


@pytest.fixture
def example(project):
    with project.marts.connection() as connection:
        yield connection


def test_rows_become_orders_without_tax(example):
    orders = example.sql(
        "select order_id, cast(order_date as varchar), is_purchase,"
        " gross_revenue, discounts, refunds from retention__orders order by order_id"
    ).fetchall()
    assert orders == [
        # 45.00 and 5.00 off, of which 7.97 / 49.90 is tax
        ("#1001", "2024-01-31", True, *money("42.01", "4.20", "0")),
        # tax comes on top; half of the money was paid back
        ("#1002", "2024-03-02", True, *money("100.00", "0", "50.00")),
        ("#1003", "2024-03-05", False, *money("25.21", "0", "0")),  # cancelled
        # paid back between the two exports
        ("#1004", "2024-03-09", True, *money("16.81", "0", "16.81")),
        ("#1005", "2024-03-12", False, *money("16.81", "0", "0")),  # voided
        # pending in the first export, paid in the second
        ("#1006", "2024-03-30", True, *money("33.61", "0", "0")),
        # 22:30 UTC is half past midnight in Berlin, on the day the clocks went forward
        ("#1007", "2024-04-01", True, *money("8.40", "0", "0")),
        ("#1008", "2024-04-10", True, *money("25.00", "25.00", "0")),
    ]


def test_people_are_their_normalised_addresses_and_orders_without_one_are_unattributed(example):
    keys = dict(example.sql("select order_id, customer_key from retention__orders").fetchall())
    assert keys["#1001"] == keys["#1002"]  # " Anna.Novak@Example.com"
    assert keys["#1003"] == keys["#1007"]
    assert keys["#1004"] is None
    assert len(set(keys.values()) - {None}) == 4


def test_nobody_s_name_or_address_leaves_staging(example):
    assert texts_outside_staging(example, "novak", "lindenallee", "musterstadt") == []


def test_a_refund_counts_on_the_day_of_the_cancellation_else_of_the_order(example):
    refunds = example.sql(
        "select order_id, cast(refund_date as varchar), amount"
        " from retention_staging.stg_retention__refunds order by 1"
    ).fetchall()
    assert refunds == [
        ("#1002", "2024-03-02", *money("50.00")),
        ("#1003", "2024-03-06", *money("25.21")),
        ("#1004", "2024-03-09", *money("16.81")),
    ]


def test_every_unusable_row_has_its_reason(example):
    rejected = example.sql(
        "select record_id, reason, source_rows from retention__rejected_records"
    ).fetchall()
    assert sorted(rejected, key=str) == [
        ("#1000", "no row of the export holds the order of this line item", 1),
        ("#1004", "another export knows more of this order", 1),
        ("#1006", "another export knows more of this order", 1),
        ("#1009", "gross_amount is not a number", 1),
        (None, "the row names no order", 1),
    ]


def test_rows_are_accounted_for_in_rows_and_in_money(example):
    quality = example.sql(
        "select raw, accepted, rejected, duplicates_dropped,"
        " raw_amount, accepted_amount, rejected_amount, duplicates_dropped_amount"
        " from retention__data_quality where input = 'raw_orders'"
    ).fetchall()
    # the money of a row is Total - Refunded Amount; both rows of #1007 came in twice
    assert quality == [(17, 10, 5, 2, *money("284.70", "189.80", "80.00", "14.90"))]


def test_the_analysis_follows_shopifys_definitions(project):
    project.dbt("compile", "--select", "shopify_sales_report", variables=EXAMPLE)
    [path] = (project.target / "compiled").glob("**/shopify_sales_report.sql")
    with project.marts.connection() as connection:
        _, march, _ = connection.sql(path.read_text()).fetchall()
    # 5 orders in March, also the cancelled, the voided and the one that was paid in April
    assert march[1:9] == (5, *money("192.44", "0", "92.02", "100.42", "10.00", "37.56", "147.98"))
    assert march[9] == pytest.approx(192.44 / 5)
    assert march[10] == pytest.approx(1 / 4)  # only Anna had ordered before


def test_refunds_given_by_themselves_take_the_place_of_the_exports(tmp_path):
    refunds = tmp_path / "refunds.csv"
    refunds.write_text("refund_id,order_id,refunded_at,amount\n1,#1002,2024-04-05,50.00\n")
    project = Project.in_folder(tmp_path)
    project.dbt("run", variables=EXAMPLE | {"raw_refunds": refunds})
    with project.marts.connection() as connection:
        found = connection.sql(
            "select order_id, cast(refund_date as varchar)"
            " from retention_staging.stg_retention__refunds"
        )
        assert found.fetchall() == [("#1002", "2024-04-05")]
        quality = connection.sql(
            "select input, raw, raw_amount,"
            " accepted_amount + rejected_amount + duplicates_dropped_amount"
            " from retention__data_quality where raw > 0 order by input"
        ).fetchall()
    assert quality == [
        ("raw_orders", 17, *money("399.70", "399.70")),
        ("raw_refunds", 1, *money("50.00", "50.00")),
    ]


def test_a_missing_column_is_named_with_its_mend(tmp_path):
    export = tmp_path / "export.csv"
    export.write_text("Name,Email,Created at,Subtotal\n#1,a@example.com,2024-01-01,1.00\n")
    with pytest.raises(DbtFailedError, match="source_format shopify needs the column 'Total'"):
        Project.in_folder(tmp_path).dbt(
            "run", variables={"raw_orders": export, "source_format": "shopify"}
        )


def test_personal_columns_cut_no_segments(tmp_path):
    with pytest.raises(DbtFailedError, match="segment_columns: 'Billing Name'"):
        Project.in_folder(tmp_path).dbt(
            "run", variables=EXAMPLE | {"segment_columns": ["Billing Name"]}
        )
