"""What dbt reads by itself: tables, and files that are as they should be; all else is refused."""

import gzip
import json
import os
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from acceptance.support.builds import NOTHING_ELSE, build
from acceptance.support.shops import orders_of
from retention_cli.project import DATABASE_VARIABLE, ROOT, DbtFailedError, Marts, Project

HEADER = "order_id,customer_id,ordered_at,gross_amount"


def rows(*lines: str, header: str = HEADER, newline: str = "\n") -> str:
    return newline.join([header, *lines]) + newline


def order(order_id: str, amount: str = "10.00", delimiter: str = ",") -> str:
    return delimiter.join([order_id, "C1", "2024-01-31", amount])


@pytest.fixture(scope="module")
def parsed(tmp_path_factory) -> tuple[Project, object]:
    """The project in a folder of its own, parsed once for all commands that follow."""
    project = Project.in_folder(tmp_path_factory.mktemp("parsed"))
    return project, project.dbt("parse", variables={"raw_orders": "orders.csv"})


@pytest.fixture(scope="module")
def staged(parsed):
    """Read orders into the view that types them, and return what a query finds there."""
    project, manifest = parsed

    def read(columns: str, **variables: object) -> list[tuple]:
        project.dbt(
            *("run", *NOTHING_ELSE, "--select", "+stg_retention__orders"),
            variables=variables,
            manifest=manifest,
        )
        with duckdb.connect(project.database) as connection:
            return connection.sql(
                f"select {columns} from retention_staging.stg_retention__orders order by order_id"
            ).fetchall()

    return read


# Clean files: bytes, and the amount of each order in them.
CLEAN = {
    "plain.csv": (rows(order("007"), order("1e3")).encode(), {"007": "10.00", "1e3": "10.00"}),
    "byte_order_mark.csv": (b"\xef\xbb\xbf" + rows(order("a")).encode(), {"a": "10.00"}),
    "semicolons.csv": (
        rows(order("b", delimiter=";"), header=HEADER.replace(",", ";")).encode(),
        {"b": "10.00"},
    ),
    "tabs.csv": (
        rows(order("c", delimiter="\t"), header=HEADER.replace(",", "\t")).encode(),
        {"c": "10.00"},
    ),
    "pipes.csv": (
        rows(order("d", delimiter="|"), header=HEADER.replace(",", "|")).encode(),
        {"d": "10.00"},
    ),
    "quotes.csv": (
        rows('"e, 1","C,1","2024-01-31","1.5"', '"e ""2""",C1,2024-01-31,1').encode(),
        {"e, 1": "1.50", 'e "2"': "1.00"},
    ),
    "quotes_after_other_signs.csv": (
        rows('"o","C1\t","2024-01-31","1"', '"p;","C1,","2024-01-31","2"').encode(),
        {"o": "1.00", "p;": "2.00"},
    ),
    "a_quote_after_many_rows.csv": (
        rows(*(order("f") for _ in range(30000)), '"g, 1",C1,2024-01-31,2').encode(),
        {"f": "10.00", "g, 1": "2.00"},
    ),
    "windows.csv": (rows(order("h"), newline="\r\n").encode(), {"h": "10.00"}),
    "no_last_newline.csv": (
        rows(order("i"), order("j")).encode()[:-1],
        {"i": "10.00", "j": "10.00"},
    ),
    "blank_lines.csv": (
        (rows(order("k")) + "\n\n" + order("l")).encode(),
        {"k": "10.00", "l": "10.00"},
    ),
    "other_names.csv": (
        rows(
            "5,x,m,2024-01-31,C1", header="Gross-Amount,Note,OrderID,ordered at,CUSTOMER_ID"
        ).encode(),
        {"m": "5.00"},
    ),
    "other_letters.csv": (rows(order("ñé日本")).encode(), {"ñé日本": "10.00"}),
    "a [1]*? 'name' of a \"file\".csv": (rows(order("n")).encode(), {"n": "10.00"}),
    "packed.csv.gz": (gzip.compress(rows(order("007")).encode()), {"007": "10.00"}),
    "array.json": (
        b'[{"order_id": "007", "customer_id": 1, "ordered_at": "2024-01-31", "gross_amount": 9.99},'
        b' {"order_id": "8", "customer_id": null, "ordered_at": "2024-01-31", "gross_amount": 1}]',
        {"007": "9.99", "8": "1.00"},
    ),
    "lines.jsonl": (
        b'{"Order ID": 7, "customer_id": "1", "ordered_at": "2024-01-31", "gross_amount": "1.10"}\n'
        b'{"Order ID": 8, "customer_id": "1", "ordered_at": "2024-01-31", "gross_amount": "2"}\n',
        {"7": "1.10", "8": "2.00"},
    ),
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_file_is_read_as_it_is(name, staged, tmp_path):
    content, expected = CLEAN[name]
    (tmp_path / name).write_bytes(content)
    path = tmp_path / name.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
    found = staged("order_id, gross_amount, order_date, rejection_reason", raw_orders=path)
    read = {order_id: amount for order_id, amount, *_ in found}
    assert read == {order_id: Decimal(amount) for order_id, amount in expected.items()}
    assert {tuple(others) for _, _, *others in found} == {(date(2024, 1, 31), None)}


def test_several_files_are_one_input(staged, tmp_path):
    for name in ["plain.csv", "semicolons.csv", "windows.csv"]:
        (tmp_path / name).write_bytes(CLEAN[name][0])
    found = staged("order_id", raw_orders=tmp_path / "*.csv")
    assert [order_id for (order_id,) in found] == ["007", "1e3", "b", "h"]


TYPED = {
    # SQL of ordered_at and gross_amount: the moment in UTC, the day in Berlin, and the amount
    ("date '2024-03-31'", "1.005::decimal(18, 3)"): (
        datetime(2024, 3, 31),
        date(2024, 3, 31),
        "1.005",
    ),
    ("timestamp '2024-03-31 22:30:00'", "1234.56::double"): (
        datetime(2024, 3, 31, 22, 30),
        date(2024, 4, 1),
        "1234.56",
    ),
    ("timestamptz '2024-03-31 22:30:00-01:00'", "1234::bigint"): (
        datetime(2024, 3, 31, 23, 30),
        date(2024, 4, 1),
        "1234.00",
    ),
    ("timestamptz '2024-03-31 22:30:00+09:00'", "999999999999.99::decimal(38, 2)"): (
        datetime(2024, 3, 31, 13, 30),
        date(2024, 3, 31),
        "999999999999.99",
    ),
}


@pytest.mark.parametrize("typed", TYPED, ids=" ".join)
def test_values_that_have_a_type_are_taken_as_they_are(typed, staged, tmp_path):
    """Nothing is guessed: ids keep their digits, money its cents, moments their zone."""
    ordered_at, amount = typed
    path = tmp_path / "typed.parquet"
    duckdb.sql(
        f"copy (select 12345678901234567 as order_id, '007' as customer_id, {ordered_at} as"
        f" ordered_at, {amount} as gross_amount) to '{path}'"
    )
    found = staged(
        "order_id, customer_id, ordered_at, order_date, gross_amount, rejection_reason",
        raw_orders=path,
        reporting_timezone="Europe/Berlin",
    )
    moment, day, money = TYPED[typed]
    assert found == [("12345678901234567", "007", moment, day, Decimal(money), None)]


NO_TIME, NO_NUMBER = "ordered_at is not a date or time", "gross_amount is not a number"
VALUES = {
    # ordered_at, gross_amount: the order's date and amount, or why it is rejected
    ("2024-01-31", "10.00"): ("2024-01-31", "10.00"),
    ("2024-01-31 23:30:00 +0100", "1234.56"): ("2024-01-31", "1234.56"),
    ("2024-01-31T23:30:00-02:00", "1234.5"): ("2024-02-01", "1234.50"),
    ("2024-01-31T23:30:00.123456Z", "+7"): ("2024-01-31", "7.00"),
    ("2024-01-31 23:30", ".5"): ("2024-01-31", "0.50"),
    ("2024-01-31T23:30Z", "0"): ("2024-01-31", "0.00"),
    ("2024-01-31 23:30-01", "0"): ("2024-02-01", "0.00"),
    (" 2024-01-31 ", " 5. "): ("2024-01-31", "5.00"),
    ("2024-01-31", "0.125"): ("2024-01-31", "0.125"),
    ("2024-01-31", "1234.567"): ("2024-01-31", "1234.567"),
    ("31.01.2024", "1"): NO_TIME,
    ("01/02/2024", "1"): NO_TIME,
    ("01-02-2024", "1"): NO_TIME,
    ("20240131", "1"): NO_TIME,
    ("2024/1/31", "1"): NO_TIME,
    ("Jan 31, 2024", "1"): NO_TIME,
    ("2024-02-30", "1"): NO_TIME,
    ("2024-01-31 24:00", "1"): NO_TIME,
    ("2024-01-31 25:00", "1"): NO_TIME,
    ("epoch", "1"): NO_TIME,
    ("1704067200", "1"): NO_TIME,
    ("yesterday", "1"): NO_TIME,
    ("NULL", "1"): "ordered_at is empty",
    ("1899-12-31", "1"): "ordered_at is before 1900",
    ("2999-01-01", "1"): "ordered_at is in the future",
    ("2024-01-31", "1.234"): NO_NUMBER,  # a thousand and more to some
    ("2024-01-31", "1,234.56"): NO_NUMBER,
    ("2024-01-31", "1.234,56"): NO_NUMBER,
    ("2024-01-31", "10,50"): NO_NUMBER,
    ("2024-01-31", "1 234.56"): NO_NUMBER,
    ("2024-01-31", "€10"): NO_NUMBER,
    ("2024-01-31", "1e2"): NO_NUMBER,
    ("2024-01-31", "1_000"): NO_NUMBER,
    ("2024-01-31", "0x1F"): NO_NUMBER,
    ("2024-01-31", "infinity"): NO_NUMBER,
    ("2024-01-31", "10.00 or so"): NO_NUMBER,
    ("2024-01-31", "٣"): NO_NUMBER,
    ("2024-01-31", "NaN"): "gross_amount is empty",
    ("2024-01-31", "-"): "gross_amount is empty",
    ("2024-01-31", "-0.01"): "gross_amount is negative",
    ("2024-01-31", "1000000000000"): "gross_amount is a trillion or more",
}
NOTHING = ["NULL", "null", "NA", "N/A", "n/a", "-", "NaN", "None", "\\N", "#N/A", " na "]


def test_other_text_than_iso_and_plain_numbers_is_rejected_with_the_columns_name(staged, tmp_path):
    lines = [f'{number};C1;"{at}";"{amount}"' for number, (at, amount) in enumerate(VALUES)]
    path = tmp_path / "orders.csv"
    path.write_text(rows(*lines, header=HEADER.replace(",", ";")), encoding="utf-8")
    found = {
        int(order_id): reason or (str(day), amount)
        for order_id, day, amount, reason in staged(
            "order_id, order_date, gross_amount, rejection_reason", raw_orders=path
        )
    }
    expected = {
        pair: result if isinstance(result, str) else (result[0], Decimal(result[1]))
        for pair, result in VALUES.items()
    }
    assert {pair: found[number] for number, pair in enumerate(VALUES)} == expected


def test_three_decimals_are_read_where_the_currency_has_them(staged, tmp_path):
    path = tmp_path / "dinars.csv"
    path.write_text(
        rows(
            "1,C1,2024-01-31,12.500,KWD",
            "2,C1,2024-01-31,12.500,EUR",
            "3,C1,2024-01-31,12.500,",
            header=f"{HEADER},currency",
        )
    )
    found = staged("gross_amount, rejection_reason", raw_orders=path)
    assert found == [
        (Decimal("12.5"), None),
        (None, "gross_amount is not a number"),
        (None, "gross_amount is not a number"),
    ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Marts:
    """Orders, customers and refunds that do not fit each other, and ids that are nobody's."""
    folder = tmp_path_factory.mktemp("shop")
    lines = [f"nobody {number},{word},2024-02-01,1" for number, word in enumerate(NOTHING)]
    lines += [f"guest {word},{word},2024-02-01,1" for word in ["0", "-1", "GUEST", "null"]]
    lines += [f"{word},C1,2024-02-01,1" for word in NOTHING]
    lines += ["twice,C1,2024-02-02,1", "twice,C1,2024-02-02,2"]
    lines += ["copy,C2,2024-02-02,3", "copy,C2,2024-02-02,3", "of C3,C3,2024-02-03,1"]
    lines += ["no number,C1,2024-02-03,ten"]
    (folder / "orders.csv").write_text(rows(*lines))
    customers = ["C1,NA,none", "C2,n/a,-", "C4,DE,gold", "NULL,FR,gold"]
    (folder / "customers.csv").write_text(rows(*customers, header="Customer,country,tier"))
    refunds = ["r1,copy,2024-02-03,30", "r2,nothing,2024-02-03,1"]
    refunds += ["r3,of C3,2024-02-03,-1", "r4,copy,2024-02-03,n/a"]
    (folder / "refunds.csv").write_text(
        rows(*refunds, header="refund_id,order_id,refunded_at,amount")
    )
    inputs = {f"raw_{name}": folder / f"{name}.csv" for name in ["orders", "customers", "refunds"]}
    selection = ["retention__orders", "retention__rejected_records", "retention__data_quality"]
    return build(
        folder,
        *("--select", *(f"+{name}" for name in [*selection, "retention__customers"])),
        command="run",
        segment_columns=["country", "tier"],
        columns={"raw_customers": {"customer_id": "customer"}},
        **inputs,
    )


def test_words_for_nothing_are_nothing(shop):
    unattributed = shop.query("from retention__orders where order_id like 'nobody %'")
    assert len(unattributed) == len(NOTHING)
    assert unattributed["customer_key"].isna().all()
    without_id = shop.query("from retention__rejected_records where reason = 'order_id is empty'")
    assert len(without_id) == len(NOTHING)  # without an id nobody knows whether they are copies


def test_ids_of_guests_are_nobodys(shop):
    guests = shop.query("from retention__orders where order_id like 'guest %'")
    assert len(guests) == 4
    assert guests["customer_key"].isna().all()


def test_in_a_segment_na_is_namibia_and_none_a_tier(shop):
    segments = shop.query("select customer_key, country, tier from retention__customers order by 1")
    assert segments.to_numpy().tolist() == [
        ["C1", "NA", "none"],
        ["C2", "unknown", "unknown"],
        ["C3", "unknown", "unknown"],
    ]


def test_records_that_do_not_fit_each_other(shop):
    """One id with two contents, a refund above its order or of no order, customers of no order."""
    twice = shop.query("from retention__orders where order_id = 'twice'")
    assert twice["gross_revenue"].to_list() == [Decimal(1)]
    copy = shop.query("from retention__orders where order_id = 'copy'").iloc[0]
    money = [copy[name] for name in ("gross_revenue", "refunds", "net_revenue")]
    assert money == [Decimal(3), Decimal(3), Decimal(0)]  # no more than the goods are worth
    others = shop.query(
        "select input, record_id, reason from retention__rejected_records"
        " where record_id is not null or input = 'raw_customers' order by all"
    )
    others = others.astype(object).where(others.notna(), None)
    assert others.to_numpy().tolist() == [
        ["raw_customers", None, "customer_id is empty"],
        ["raw_orders", "no number", NO_NUMBER],
        ["raw_orders", "twice", "another record of this order_id is used"],
        ["raw_refunds", "r2", "order_id names no order that is used"],
        ["raw_refunds", "r3", "amount is negative"],
        ["raw_refunds", "r4", "amount is empty"],
    ]
    shown = shop.query("from retention__rejected_records where record_id = 'no number'").iloc[0]
    assert json.loads(shown["raw_record"])["gross_amount"] == "ten"


def test_rows_and_money_are_accounted_for(shop):
    """Accepted + rejected + dropped = raw, in rows and in money."""
    quality = shop.frame("retention__data_quality").set_index("input")
    parts = ["accepted", "rejected", "duplicates_dropped"]
    assert quality[parts].sum(axis=1).to_list() == quality["raw"].to_list()
    amounts = quality[[f"{part}_amount" for part in parts]].sum(axis=1)
    assert amounts.to_list() == quality["raw_amount"].to_list()
    assert quality.loc["raw_orders", "duplicates_dropped"] == 1
    assert quality.loc["raw_orders", "unattributed"] == len(NOTHING) + 4


def test_a_customer_with_an_implausible_share_of_orders_is_a_warning(tmp_path):
    orders = orders_of(
        *(("shop", "2024-01-01") for _ in range(120)),
        *((f"customer {number}", "2024-01-01") for number in range(80)),
    )
    test = "no_customer_has_an_implausible_share_of_orders"
    built = build(
        tmp_path, "--select", f"+{test}", "--indirect-selection", "buildable", raw_orders=orders
    )
    [result] = [result for result in built.results if result.node.name == test]
    assert result.status == "warn"
    assert result.failures == 1


def test_settings_that_change_figures_are_in_their_definition(parsed):
    project, manifest = parsed
    shown = project.dbt(
        "compile", "--inline", "{{ retention.definition_settings() }}", manifest=manifest
    )
    text = shown.results[0].node.compiled_code
    for setting in [
        "columns",
        "activity_window_days",
        "reporting_timezone",
        "reporting_currency",
        "excluded_statuses",
        "refund_dating",
        "customer_identity",
        "guest_customer_ids",
    ]:
        assert f"{setting}: " in text


COMPRESSED = gzip.compress(rows(*(order(str(number)) for number in range(5000))).encode())
CONTENTS = {
    "good.csv": rows(order("1")).encode(),
    "empty.csv": b"",
    "blank.csv": b"\n\r\n",
    "header.csv": rows().encode(),
    "no_amount.csv": b"order_id,customer_id,ordered_at\n1,C1,2024-01-31\n",
    "two_amounts.csv": rows(order("1") + ",5", header=HEADER + ",Gross_Amount").encode(),
    "two_names.csv": rows(order("1") + ",5", header=HEADER + ",Gross Amount").encode(),
    "two_statuses.csv": rows(order("1") + ",a,b", header=HEADER + ",status,status").encode(),
    "title.csv": b"My shop\n\n" + rows(order("1")).encode(),
    "workbook.csv": b"PK\x03\x04\x14\x00\x06\x00\xff\x80",
    "noise.csv": b"\x00\xff\x80\n\xff",
    "latin_1.csv": rows(order("mé1")).encode("latin-1"),
    "latin_1_at_the_end.csv": rows(*[order("1")] * 30000, order("mé1")).encode("latin-1"),
    "utf_16.csv": b"\xff\xfe" + rows(order("1")).encode("utf-16-le"),
    "utf_16_big_endian.csv": b"\xfe\xff" + rows(order("1")).encode("utf-16-be"),
    "too_few.csv": rows(order("1"), "2,C1", order("3")).encode(),
    "too_many.csv": rows(order("1"), order("2") + ",5", order("3")).encode(),
    "cut.csv": rows(*[order("1")] * 30000, "2,C1,2024").encode()[:-1],
    "quoted_lines.csv": rows('1,"C\n1",2024-01-31,1', order("2")).encode(),
    "open_quote.csv": rows(order("1"), '"2,C1,2024-01-31,1', order("3")).encode(),
    "text_after_a_quote.csv": rows('"1"x,C1,2024-01-31,1', order("2")).encode(),
    "not_compressed.csv.gz": rows(order("1")).encode(),
    "cut.csv.gz": COMPRESSED[:-2000],
    "cut_trailer.csv.gz": COMPRESSED[:-5],
    "broken.json": b'[{"order_id": 1',
    "broken.jsonl": b'{"order_id": 1}\n{"order_id":\n',
    "broken.parquet": b"PAR1",
    "orders.xlsx": b"PK\x03\x04",
}
RUN = "run `python3 retention.py build {}/"


def damaged(name: str, fault: str) -> tuple[dict, str]:
    """A case of a file that dbt refuses, with the way out."""
    return {"raw_orders": f"{{}}/{name}"}, f"{fault}; export it again, or {RUN}{name}`"


REFUSALS = {
    # settings ({} stands for the folder of the files above): what the message says
    "a missing file": (
        {"raw_orders": "{}/none.csv"},
        "raw_orders: no file matches '{}/none.csv'; give a path",
    ),
    "a missing second file": (
        {"raw_orders": "{}/good.csv", "raw_refunds": "{}/none.csv"},
        "raw_refunds: no file matches '{}/none.csv'; give a path",
    ),
    "a folder": ({"raw_orders": "{}/"}, "raw_orders: "),
    "an empty file": damaged("empty.csv", "'{}/empty.csv' is empty"),
    "an empty file among others": ({"raw_orders": "{}/*.csv"}, ".csv' is empty; export"),
    "a file of blank lines": damaged("blank.csv", "is empty"),
    "a file without rows": ({"raw_orders": "{}/header.csv"}, "holds no rows; export at least one"),
    "a missing column": (
        {"raw_orders": "{}/no_amount.csv"},
        "raw_orders: the required column 'gross_amount' is missing (found: order_id, customer_id,"
        " ordered_at); name yours with the setting columns, or " + RUN + "no_amount.csv`",
    ),
    "a title": ({"raw_orders": "{}/title.csv"}, RUN + "title.csv`"),
    "a required column that stands twice": (
        {"raw_orders": "{}/two_amounts.csv"},
        "raw_orders: the column 'gross_amount' is there more than once",
    ),
    "two columns of one name": (
        {"raw_orders": "{}/two_names.csv"},
        "raw_orders: the columns 'gross_amount' and 'Gross Amount' have one name; rename one",
    ),
    "another column that stands twice": (
        {"raw_orders": "{}/two_statuses.csv"},
        "raw_orders: the column 'status' is there more than once",
    ),
    "a workbook as CSV": ({"raw_orders": "{}/workbook.csv"}, RUN + "workbook.csv`"),
    "a workbook": ({"raw_orders": "{}/orders.xlsx"}, RUN + "orders.xlsx`"),
    "noise": damaged("noise.csv", "is no text in UTF-8"),
    "Latin-1": damaged("latin_1.csv", "is no text in UTF-8 in line 2"),
    "Latin-1 in the last line": damaged(
        "latin_1_at_the_end.csv", "is no text in UTF-8 in line 30002"
    ),
    "UTF-16": damaged("utf_16.csv", "is no text in UTF-8"),
    "UTF-16 of the other kind": damaged("utf_16_big_endian.csv", "is no text in UTF-8"),
    "too few columns": damaged("too_few.csv", "has too few or too many columns in line 3"),
    "too many columns": damaged("too_many.csv", "has too few or too many columns in line 3"),
    "a file that was cut off": damaged("cut.csv", "has too few or too many columns in line 30002"),
    "quotes over lines": damaged(
        "quoted_lines.csv", "has quotes that go over lines or are not closed"
    ),
    "an open quote": damaged("open_quote.csv", "has quotes that go over lines or are not closed"),
    "text after a quote": damaged(
        "text_after_a_quote.csv", "has quotes that go over lines or are not closed"
    ),
    "a file that is no gzip": damaged("not_compressed.csv.gz", "is not compressed with gzip"),
    "a gzip that was cut off": damaged("cut.csv.gz", "is cut off"),
    "a gzip without its end": damaged("cut_trailer.csv.gz", "is cut off"),
    "broken JSON": damaged("broken.json", "is damaged JSON"),
    "a broken line of JSON": damaged("broken.jsonl", "is damaged JSON"),
    "a broken Parquet file": damaged("broken.parquet", "is damaged, no Parquet file"),
    "a missing relation": (
        {"raw_orders": "shop.orders"},
        "raw_orders: there is no relation 'shop.orders'; name an existing",
    ),
    "several files": (
        {"raw_orders": ["a.csv", "b.csv"]},
        "is not text; give one file, a glob of several",
    ),
    "a format that dbt does not read": (
        {"source_format": "shopify"},
        "source_format: 'shopify' is none of generic, fivetran_shopify, airbyte_shopify,",
    ),
    "minor units of a column that is none": (
        {"minor_units": {"raw_orders": ["amount"]}},
        "minor_units: write it as {raw_orders: [gross_amount]}",
    ),
    "a setting of the reader of files": (
        {"date_order": "day_month"},
        "date_order: dbt reads ISO dates and plain numbers only; run `python3 retention.py build",
    ),
    "another setting of the reader of files": (
        {"decimal_separator": ","},
        "decimal_separator: dbt reads ISO dates and plain numbers only; run `python3",
    ),
    "a setting of the reader of line items": (
        {"shipping_stock_codes": ["POST"]},
        "shipping_stock_codes: dbt reads",
    ),
    "a misspelt input": (
        {"raw_order": "{}/good.csv"},
        "raw_order: there is no such setting; did you mean raw_orders?",
    ),
    "a misspelt setting": (
        {"activity_window_day": 30},
        "activity_window_day: there is no such setting; did you mean activity_window_days?",
    ),
    "columns of an unknown input": (
        {"columns": {"orders": {"order_id": "id"}}},
        "columns: 'orders' is not one of raw_orders, ",
    ),
    "an unknown column": (
        {"columns": {"raw_orders": {"id": "Order"}}},
        "columns: raw_orders has no column 'id'; name one of order_id",
    ),
    "columns as text": ({"columns": "order_id"}, "columns: write it as {raw_orders: {order_id:"),
    "a column that is not there": (
        {"columns": {"raw_orders": {"order_id": "Bestellung"}}},
        "raw_orders: the required column 'order_id' is missing (found: order_id, customer_id",
    ),
    "an unknown segment column": (
        {"segment_columns": ["colour"]},
        "segment_columns: 'colour' is a column of neither raw_customers (none) nor raw_orders",
    ),
    "a segment column twice": (
        {"segment_columns": ["a", "A"]},
        "segment_columns: a column is listed twice",
    ),
    "segment columns as text": (
        {"segment_columns": "country"},
        "segment_columns: 'country' is no list; write it as [country]",
    ),
    "a segment column with a quote": (
        {"segment_columns": ['a"b']},
        "has a double quote or a control character in it",
    ),
    "guest ids as text": (
        {"guest_customer_ids": "0"},
        "guest_customer_ids: '0' is no list; write it as [0]",
    ),
    "a window of no days": (
        {"activity_window_days": 0},
        "activity_window_days: '0' is neither a number of days",
    ),
    "a window in other digits": (
        {"activity_window_days": "٣٠"},
        "activity_window_days: '٣٠' is neither a number of days",
    ),
    "a window of words": (
        {"activity_window_days": "90; drop table x"},
        "activity_window_days: '90; drop table x' is neither",
    ),
    "an unknown grain": (
        {"period_grains": ["day"]},
        "period_grains: 'day' is not one of week, month, quarter, year",
    ),
    "a grain twice": (
        {"period_grains": ["month", "month"]},
        "period_grains: give each of week, month, quarter, year once",
    ),
    "no grain": (
        {"period_grains": []},
        "period_grains: give each of week, month, quarter, year once at most",
    ),
    "grains as text": (
        {"period_grains": "month"},
        "period_grains: 'month' is no list; write it as [month]",
    ),
    "a time zone of no place": (
        {"reporting_timezone": "Mars"},
        "reporting_timezone: 'Mars' is not a time zone name",
    ),
    "a currency of five letters": ({"reporting_currency": "EUR\n"}, "reporting_currency: 'EUR"),
    "a day that is none": (
        {"as_of_date": "2024-02-30"},
        "as_of_date: '2024-02-30' is not a date of the form 2026-06-30",
    ),
    "a day with more after it": ({"as_of_date": "2024-01-31\n"}, "as_of_date: '2024-01-31"),
    "statuses as nothing": ({"excluded_statuses": None}, "excluded_statuses: 'None' is no list"),
    "an unknown dating": (
        {"refund_dating": "never"},
        "refund_dating: 'never' is not one of refund or order",
    ),
    "an unknown identity": (
        {"customer_identity": {"by": "name"}},
        "is not one of customer_id or email",
    ),
    "customers of the demo shop": (
        {"raw_orders": "", "raw_customers": "{}/good.csv"},
        "raw_customers: is set while raw_orders is not",
    ),
}


@pytest.fixture(scope="module")
def contents(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("contents")
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    return folder


def refusal(parsed: tuple[Project, object], variables: dict[str, object]) -> str:
    """What the start of a run says of settings that it refuses."""
    project, manifest = parsed
    command = ["run", *NOTHING_ELSE, "--select", "stg_retention__orders"]
    with pytest.raises(DbtFailedError) as refused:
        project.dbt(*command, variables=variables, manifest=manifest)
    return str(refused.value)


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_read_is_refused_in_one_line_that_names_the_way_out(case, contents, parsed):
    settings, message = REFUSALS[case]
    variables = {"raw_orders": "{}/good.csv"} | settings
    for name, value in variables.items():
        if isinstance(value, str):
            variables[name] = value.replace("{}", str(contents))
    said = refusal(parsed, variables)
    assert message.replace("{}", str(contents)) in "\n".join(said.splitlines()[:2])
    assert "Traceback" not in said


def test_a_refused_run_prints_no_traceback_and_leaves_the_marts(shop, contents):
    before = {name: shop.frame(name) for name in shop.relations()}
    variables = {"raw_orders": str(contents / "no_amount.csv")}
    folder = shop.database.parent
    command = [Path(sys.executable).with_name("dbt"), "build", "--no-use-colors"]
    command += ["--vars", json.dumps(variables)]
    command += ["--target-path", folder / "target", "--log-path", folder / "logs"]
    environment = os.environ | {DATABASE_VARIABLE: str(shop.database)}
    run = subprocess.run(
        command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.returncode != 0
    assert "raw_orders: the required column 'gross_amount' is missing" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
    assert shop.relations() == list(before)
    for name, rows_before in before.items():
        pd.testing.assert_frame_equal(shop.frame(name), rows_before, check_exact=True)


DROP = "drop table main.canary"
EVIL_TEXTS = [
    f"'; {DROP}; --",
    f"x'); {DROP}; --",
    f"{{{{ run_query('{DROP}') }}}}",
    "{% do run_query('" + DROP + "') %}",
    "{{ 1 / 0 }} {#",
    "$$; " + DROP + "; $$",
    "\\'; " + DROP + "; --",
]
EVIL_NAME = f"country'); {DROP}; --"
# A setting that holds Jinja is refused, so it may stand in cells and in columns that are not read.
EVIL_OTHER_NAME = f"{{{{ run_query('{DROP}') }}}} {{% raw %}}"


def with_canary(database: Path) -> None:
    with duckdb.connect(database) as connection:
        connection.execute("create table if not exists main.canary as select 1 as alive")


def canary_lives(database: Path) -> bool:
    with duckdb.connect(database) as connection:
        return connection.sql("select alive from main.canary").fetchall() == [(1,)]


def test_texts_that_try_to_be_code_are_texts(tmp_path):
    """In cells, names of columns, files and segments, and every setting that takes any text."""
    with_canary(tmp_path / "warehouse.duckdb")
    header = f'{HEADER},status,"{EVIL_NAME}","{EVIL_OTHER_NAME}"'
    lines = [
        f'"{number} {text}","{text}",2024-01-31,10.00,"{text}","{text}",'
        for number, text in enumerate(EVIL_TEXTS)
    ]
    lines += [f'last,"{EVIL_TEXTS[0]}",2024-02-01,"{EVIL_TEXTS[0]}",,,']
    file = tmp_path / f"{EVIL_TEXTS[0]}{EVIL_TEXTS[1]}.csv"
    file.write_text(rows(*lines, header=header))
    marts = build(
        tmp_path,
        command="run",
        raw_orders=file,
        segment_columns=[EVIL_NAME],
        excluded_statuses=[EVIL_TEXTS[1], EVIL_TEXTS[5]],
        guest_customer_ids=[EVIL_TEXTS[6]],
    )
    assert canary_lives(marts.database)
    orders = marts.query("from retention__orders order by order_id")
    assert orders["order_id"].to_list() == [
        f"{number} {text}" for number, text in enumerate(EVIL_TEXTS)
    ]
    known = orders["customer_key"].dropna().to_list()
    assert known == [text for number, text in enumerate(EVIL_TEXTS) if number != 6]
    assert orders["is_purchase"].to_list() == [
        number not in (1, 5) for number in range(len(EVIL_TEXTS))
    ]
    segments = marts.query(
        "select distinct segment_value from retention__period_snapshots"
        " where segment_dimension <> 'all' and segment_value <> 'unknown'"
    )
    assert set(segments["segment_value"]) == {
        text for number, text in enumerate(EVIL_TEXTS) if number not in (1, 5, 6)
    }
    assert EVIL_NAME in marts.frame("retention__customers").columns
    assert set(marts.frame("retention__rejected_records")["reason"]) == {NO_NUMBER}


@pytest.mark.parametrize("text", [EVIL_TEXTS[0], EVIL_TEXTS[2]])
def test_settings_that_try_to_be_code_are_refused(text, parsed, contents):
    project, _ = parsed
    with_canary(project.database)
    good = str(contents / "good.csv")
    settings = [
        {"raw_orders": text},
        {"raw_orders": f"main.{text}"},
        {"raw_orders": f"{text}.orders"},
        {"raw_orders": f"{contents}/{text}.csv"},
        {"raw_orders": good, "raw_refunds": f"main.canary{text}"},
        {"source_format": text},
        {"columns": {"raw_orders": {"order_id": text}}},
        {"activity_window_days": text},
        {"period_grains": [text]},
        {"reporting_timezone": text},
        {"reporting_currency": text},
        {"as_of_date": text},
        {"refund_dating": text},
        {"customer_identity": text},
        {"segment_columns": [text]},
        {"segment_columns": [f'"{text}']},
        {"clv_horizon_days": text},
        {"clv_discount_rate_annual": text},
        {"clv_minimum_customers": text},
        {"tested_customers": text},
    ]
    for setting in settings:
        refusal(parsed, {"raw_orders": good} | setting)
        assert canary_lives(project.database), setting
