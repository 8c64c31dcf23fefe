"""The first look at a file: the format, what is missing, the figures, and a line that builds it."""

import json
import shlex
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from acceptance.support.shops import cdnow_log
from retention_cli.inspection import (
    NotInspectableError,
    guess_format,
    inspect,
    known_columns,
    match_columns,
    render,
    suggested_window,
)
from retention_cli.project import ROOT, DbtFailedError

INPUTS = {
    "raw_orders": {
        "required": ["order_id", "customer_id", "ordered_at", "gross_amount"],
        "optional": ["email"],
    }
}
EXPORTS = {
    "ledger": {
        "number": {"spellings": ["InvoiceNo", "Invoice"], "required": True},
        "price": {"spellings": ["UnitPrice", "Price"], "required": True},
        "country": {"spellings": ["Country"]},
    }
}


def printed(report) -> str:
    text = StringIO()
    render(report, Console(file=text, width=200))
    return text.getvalue()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["Order_ID", "customer_id", "ordered_at", "gross_amount", "x"], ("generic", {})),
        (["invoice", "price"], ("ledger", {})),
        (["00001 19970101  1   11.77"], ("cdnow", {})),
        (
            ["order_id", "customer", "ordered_at", "gross amount"],
            ("generic", {"customer_id": ["customer"], "gross_amount": ["gross amount"]}),
        ),
    ],
)
def test_the_format_is_the_one_whose_columns_are_there(header, expected):
    source_format, missing = guess_format(header, known_columns(INPUTS, EXPORTS))
    assert source_format == expected[0]
    assert set(missing) == set(expected[1])
    for column, resembling in expected[1].items():
        assert missing[column][0] == resembling[0]


def test_columns_are_matched_in_any_spelling():
    header = ["Order_ID", "customer_id", "invoice", "price ", "x"]
    formats = known_columns(INPUTS, EXPORTS)
    assert match_columns(header, formats["generic"]) == (
        {"order_id": "Order_ID", "customer_id": "customer_id"},
        ["ordered_at", "gross_amount", "email"],
    )
    assert match_columns(header, formats["ledger"]) == (
        {"number": "invoice", "price": "price "},
        ["country"],
    )


@pytest.mark.parametrize(
    ("gaps", "p90", "days"),
    [(19, 10, 90), (20, 10, 14), (20, 14, 14), (20, 14.5, 30), (20, 5000, 730)],
)
def test_the_window_is_a_usual_number_that_covers_the_gaps(gaps, p90, days):
    assert suggested_window(gaps, p90) == days


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    """Two orders of each customer 40 days apart, five guests, two rows that are rejected."""
    folder = tmp_path_factory.mktemp("bob's shop")
    lines = ["order_id;customer_id;ordered_at;gross_amount;currency"]
    for number in range(25):
        lines.append(f"a{number};C{number};01.01.2024;10,50;EUR")
        lines.append(f"b{number};C{number};10.02.2024;10,50;EUR")
    lines += [f"g{number};;05.01.2024;1,00;EUR" for number in range(5)]
    lines += ["bad;C1;yesterday;1,00;EUR", "short;C1"]
    file = folder / "orders.csv"
    file.write_text("\n".join(lines))
    return file


@pytest.fixture(scope="module")
def report(shop):
    return inspect(shop)


def test_the_report_says_what_is_there(report, shop):
    assert (report.orders, report.customers) == (55, 25)
    assert report.guest_share == pytest.approx(5 / 55)
    assert (report.first_date, report.last_date) == ("2024-01-01", "2024-02-10")
    assert report.currencies == {"EUR": 56, None: 1}  # of all that came in
    assert report.rows == {"raw_orders": {"accepted": 55, "rejected": 2, "duplicates_dropped": 0}}
    assert report.reasons == [
        ("raw_orders", "ordered_at is not a date or time", 1),
        ("raw_orders", "the row has 2 of 5 columns", 1),
    ]
    assert report.gaps == {"number": 25, "median": 40, "p90": 40, "p95": 40}
    assert report.variables == {"raw_orders": str(shop), "activity_window_days": 45}


def test_the_line_survives_the_shell(report, shop):
    words = shlex.split(report.command)
    assert words[:3] == [".venv/bin/dbt", "build", "--vars"]
    assert json.loads(words[3]) == {"raw_orders": str(shop), "activity_window_days": 45}
    assert "'" in str(shop)
    assert report.command in printed(report)


def test_a_missing_column_is_said_with_what_resembles_it(tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text("order_id,customer,ordered_at,gross_amount\n1,C1,2024-01-01,1\n")
    report = inspect(file)
    assert list(report.missing) == ["customer_id"]
    assert report.missing["customer_id"][0] == "customer"
    assert "Missing: customer_id; is it 'customer'" in printed(report)


def test_of_several_currencies_the_most_frequent_is_reported(tmp_path):
    file = tmp_path / "orders.csv"
    orders = ["order_id,customer_id,ordered_at,gross_amount,currency,colour"]
    orders += [
        f"{day},C1,2024-01-{day},1,{'USD' if day == 10 else 'eur'},red" for day in range(10, 31)
    ]
    file.write_text("\n".join(orders))
    report = inspect(file)
    assert report.currencies == {"EUR": 20, "USD": 1}
    assert report.variables["reporting_currency"] == "EUR"
    assert (report.orders, report.first_date) == (20, "2024-01-11")
    text = printed(report)
    assert "raw_exchange_rates" in text
    assert "Not read: colour (" in text


def test_the_purchase_log_is_known(tmp_path):
    report = inspect(cdnow_log())
    assert report.variables["source_format"] == "cdnow"
    assert report.customers == 23570
    assert sum(report.rows["raw_orders"].values()) == 69660  # its header is no order


def test_the_example_ledger_is_known():
    report = inspect(ROOT / "examples/invoice_lines/ledger_2023.csv")
    assert report.source_format == report.variables["source_format"] == "invoice_lines"
    assert not report.missing


def test_what_cannot_be_read_is_said_in_one_line(tmp_path):
    with pytest.raises(DbtFailedError, match="raw_orders: no file matches"):
        inspect(tmp_path / "none.csv")
    with pytest.raises(NotInspectableError, match="rename the file"):
        inspect(tmp_path / "{{ x }}.csv")
