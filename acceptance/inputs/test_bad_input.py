"""Damaged files, odd values and senseless settings: read right, rejected with a reason, or refused."""

import gzip
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from acceptance.support.builds import build
from retention_cli.project import DATABASE_VARIABLE, ROOT, DbtFailedError, Marts, Project

HEADER = "order_id,customer_id,ordered_at,gross_amount"
QUALITY = (
    "--select",
    "+retention__orders",
    "+retention__rejected_records",
    "+retention__data_quality",
)


@dataclass(frozen=True)
class File:
    """An orders file: its bytes, the gross amount of each order in it, the damage of each other row."""

    content: bytes
    orders: dict[str, str]
    damages: tuple[str, ...] = ()
    suffix: str = "csv"


def rows(*lines: str, header: str = HEADER, newline: str = "\n") -> str:
    return newline.join([header, *lines]) + newline


def order(order_id: str, amount: str = "10.00", delimiter: str = ",") -> str:
    return delimiter.join([order_id, "C1", "2024-01-31", amount])


FIVE_MEGABYTES = "x" * 5_000_000
LINES_998 = "".join(f"\n{number}" for number in range(998))
NOT_CLOSED = "a quote is not closed, or text follows it"
FILES = {
    "byte_order_mark": File(b"\xef\xbb\xbf" + rows(order("a1")).encode(), {"a1": "10.00"}),
    "semicolons_and_decimal_commas": File(
        rows(order("b1", "10,50", ";"), header=HEADER.replace(",", ";")).encode(), {"b1": "10.50"}
    ),
    "tabs": File(
        rows(
            order("c1", delimiter="\t"),
            '"c\t2"\tC1\t2024-01-31\t7',
            header=HEADER.replace(",", "\t"),
        ).encode(),
        {"c1": "10.00", "c\t2": "7.00"},
        suffix="tsv",
    ),
    "pipes": File(
        rows(order("d1", delimiter="|"), header=HEADER.replace(",", "|")).encode(), {"d1": "10.00"}
    ),
    "quotes": File(
        rows(
            '"e1","C,1","2024-01-31","1,000.50"',
            '"e ""2""", "C1" ,2024-01-31,1',
            '12" e3,C1,2024-01-31,2',
        ).encode(),
        {"e1": "1000.50", 'e "2"': "1.00", '12" e3': "2.00"},
    ),
    "quoted_newlines": File(
        rows('f1,"C\r\n\n1",2024-01-31,10.00', order("f2"), '"f\n3",C1,2024-01-31,"4\n"').encode(),
        {"f1": "10.00", "f2": "10.00", "f\n3": "4.00"},
    ),
    "a_quote_that_is_never_closed": File(
        rows(
            order("g1"),
            '"g2,C1,2024-01-31,10.00',
            order("g3"),
            'g4,"C\n1",2024-01-31,3.00',
            order("g5"),
        ).encode(),
        {"g1": "10.00", "g3": "10.00", "g4": "3.00", "g5": "10.00"},
        (NOT_CLOSED,),
    ),
    "text_after_a_quote": File(
        rows('"h1"x,C1,2024-01-31,10.00', order("h2")).encode(), {"h2": "10.00"}, (NOT_CLOSED,)
    ),
    "too_few_fields": File(
        rows(order("i1"), "i2,C1", order("i3")).encode(),
        {"i1": "10.00", "i3": "10.00"},
        ("the row has 2 of 4 columns",),
    ),
    "too_many_fields": File(
        rows(order("j1"), order("j2") + ",5", order("j3") + ",, ").encode(),
        {"j1": "10.00", "j3": "10.00"},
        ("the row has 5 columns instead of 4",),
    ),
    "cut_off_in_the_last_row": File(
        rows(order("k1"), "k2,C1,2024-01").encode()[:-1],
        {"k1": "10.00"},
        ("the row has 3 of 4 columns",),
    ),
    "newlines_of_every_kind": File(
        (
            rows(order("l1"), newline="\r\n")
            + order("l2")
            + "\r"
            + order("l3")
            + "\n\n\n"
            + order("l4")
        ).encode(),
        {"l1": "10.00", "l2": "10.00", "l3": "10.00", "l4": "10.00"},
    ),
    "latin_1": File(rows(order("mé1")).encode("latin-1"), {"mé1": "10.00"}),
    "utf_16": File(b"\xff\xfe" + rows(order("né1")).encode("utf-16-le"), {"né1": "10.00"}),
    "a_row_that_is_no_text": File(
        rows(order("öo1")).encode() + b"o2\x80,C1,2024-01-31,10.00\n" + order("o3").encode(),
        {"öo1": "10.00", "o3": "10.00"},
        ("the row is no text in UTF-8",),
    ),
    "control_characters": File(
        rows(order("p\x001"), order("p\x1f2"), order("p\uffff3"), order("p4", "1\uffff0")).encode(),
        {"p\x001": "10.00", "p\x1f2": "10.00", "p\uffff3": "10.00"},
    ),
    "a_field_of_5_megabytes": File(
        rows(
            order("q1" + FIVE_MEGABYTES), f'"q2","{FIVE_MEGABYTES}""","2024-01-31",2', order("q3")
        ).encode(),
        {"q1" + FIVE_MEGABYTES: "10.00", "q2": "2.00", "q3": "10.00"},
    ),
    "the_header_again": File(
        (rows(order("r1")) + rows(order("r2"))).encode(), {"r1": "10.00", "r2": "10.00"}
    ),
    "columns_of_no_name_and_of_one_name": File(
        rows("s1,C1,2024-01-31,1,,x,y,", header=HEADER + ",,note,Note,").encode(), {"s1": "1.00"}
    ),
    "columns_in_another_order_and_case": File(
        rows(
            "5,x,t1,2024-01-31,C1", header=" GROSS_AMOUNT ,Note,Order_ID,Ordered_At,Customer_Id"
        ).encode(),
        {"t1": "5.00"},
    ),
    "compressed": File(gzip.compress(rows(order("u1")).encode()), {"u1": "10.00"}, suffix="csv.gz"),
    "a [1]*? 'name' of a \"file\"": File(rows(order("v1")).encode(), {"v1": "10.00"}),
    "only_a_header": File(rows().encode(), {}),
    "a_quoted_text_of_1000_lines": File(
        rows(f'w1,"{LINES_998}\n",2024-01-31,1', order("w2")).encode(),
        {"w1": "1.00", "w2": "10.00"},
    ),
    "a_quoted_text_of_more_lines": File(
        rows(f'x1,"{LINES_998}\nx\n",2024-01-31,1', order("x2")).encode(),
        {"x2": "10.00"},
        (NOT_CLOSED,) * 2 + ("the row has 1 of 4 columns",) * 999,
    ),
}


@pytest.fixture(scope="module")
def folder_of_files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for name, file in FILES.items():
        (folder / f"{name}.{file.suffix}").write_bytes(file.content)
    return folder


@pytest.fixture(scope="module")
def files(folder_of_files, tmp_path_factory) -> Marts:
    """All files, read as one glob."""
    folder = tmp_path_factory.mktemp("build")
    return build(folder, *QUALITY, command="run", raw_orders=f"{folder_of_files}/*")


@pytest.fixture(scope="module")
def orders_of_files(files) -> dict[str, Decimal]:
    orders = files.frame("retention__orders")
    return dict(zip(orders["order_id"], orders["gross_revenue"], strict=True))


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_or_its_rows_rejected(name, orders_of_files, files, folder_of_files):
    file = FILES[name]
    found = {
        order_id: str(amount)
        for order_id, amount in orders_of_files.items()
        if order_id in file.orders
    }
    assert found == file.orders
    path = str(folder_of_files / f"{name}.{file.suffix}")
    rejected = files.frame("retention__rejected_records")
    of_file = rejected[
        [json.loads(record).get("file") == path for record in rejected["raw_record"]]
    ]
    assert tuple(sorted(of_file["reason"])) == file.damages


def test_nothing_else_comes_of_the_files(orders_of_files, files):
    assert len(orders_of_files) == sum(len(file.orders) for file in FILES.values())
    not_damaged = files.query("from retention__rejected_records where record_id is not null")
    assert not_damaged["reason"].to_list() == ["gross_amount is not a number"]  # 1, U+FFFF, 0


def test_the_rows_and_the_money_of_the_files_are_accounted_for(files):
    assert_accounted_for(files)
    orders = files.query("from retention__data_quality where input = 'raw_orders'").iloc[0]
    assert orders["raw"] == sum(len(file.orders) + len(file.damages) for file in FILES.values()) + 1


def test_a_damaged_row_can_be_found(files, folder_of_files):
    """Where it is and how it begins: the mart; all of it: a view, which keeps nothing."""
    record = files.query(
        "from retention__rejected_records where reason = 'the row has 5 columns instead of 4'"
    ).iloc[0]
    shown = json.loads(record["raw_record"])
    assert shown["row_begins_with"] == "j2"
    damaged = files.query(
        f"from retention_staging.stg_retention__damaged_rows where row_hash = '{shown['row_hash']}'"
    ).iloc[0]
    assert damaged["row_text"] == order("j2") + ",5"
    assert damaged["file"] == shown["file"] == str(folder_of_files / "too_many_fields.csv")


def assert_accounted_for(marts: Marts) -> None:
    """Accepted + rejected + dropped = raw, in rows and in money."""
    quality = marts.frame("retention__data_quality")
    judged = quality["accepted"] + quality["rejected"] + quality["duplicates_dropped"]
    assert judged.to_list() == quality["raw"].to_list()
    amounts = (
        quality["accepted_amount"]
        + quality["rejected_amount"]
        + quality["duplicates_dropped_amount"]
    )
    assert amounts.to_list() == quality["raw_amount"].to_list()
    listed = marts.query(
        "select input, sum(source_rows) as rows from retention__rejected_records group by 1"
    )
    counted = dict(zip(quality["input"], quality["rejected"], strict=True))
    assert dict(zip(listed["input"], listed["rows"], strict=True)) == {
        name: rows for name, rows in counted.items() if rows
    }


VALUES = {
    # ordered_at, gross_amount: the order's date and amount, or why it is rejected
    ("2024-01-31", "10.00"): ("2024-01-31", "10.00"),
    ("2024-01-31 23:30:00 +0100", "1,234.56"): ("2024-01-31", "1234.56"),
    ("2024-01-31T23:30:00-02:00", "1.234,56"): ("2024-02-01", "1234.56"),
    ("20240131", "1 234,56"): ("2024-01-31", "1234.56"),
    ("20240131T233000Z", "1\u00a0234,5"): ("2024-01-31", "1234.50"),
    ("31.01.2024", "1'234.56"): ("2024-01-31", "1234.56"),
    ("31.1.24 23:30", "12,34,567.8"): ("2024-01-31", "1234567.80"),
    ("31/01/2024", "€1,234.50"): ("2024-01-31", "1234.50"),
    ("01/31/2024 11:30 PM", "1.234.567 €"): ("2024-01-31", "1234567.00"),
    ("2024/1/31", "US$ 7"): ("2024-01-31", "7.00"),
    ("Jan 31, 2024", "10,5"): ("2024-01-31", "10.50"),
    ("31-Jan-2024", "0,125"): ("2024-01-31", "0.13"),
    (" 2024-01-31\t", " 1e2 "): ("2024-01-31", "100.00"),
    ("2024-01-31", "1.234"): ("2024-01-31", "1.23"),
    (
        "2024-01-31",
        "1,234",
    ): "gross_amount has one separator, of thousands or of decimals: set decimal_separator",
    (
        "2024-01-31",
        "€1.234",
    ): "gross_amount has one separator, of thousands or of decimals: set decimal_separator",
    ("2024-01-31", "10.00 or so"): "gross_amount is not a number",
    ("2024-01-31", "1.2.3"): "gross_amount is not a number",
    ("2024-01-31", "NaN"): "gross_amount is empty",
    ("2024-01-31", "-"): "gross_amount is empty",
    ("2024-01-31", "infinity"): "gross_amount is not a number",
    ("2024-01-31", "-0.01"): "gross_amount is negative",
    ("2024-01-31", "(5.00)"): "gross_amount is negative",
    ("2024-01-31", "1e12"): "gross_amount is a trillion or more",
    ("01/02/2024", "1"): "ordered_at can be day/month or month/day: set date_order",
    ("13/01/24", "1"): "ordered_at can be day/month or month/day: set date_order",
    ("31/02/2024", "1"): "ordered_at is not a date or time",
    ("2024-02-30", "1"): "ordered_at is not a date or time",
    ("epoch", "1"): "ordered_at is not a date or time",
    ("1704067200", "1"): "ordered_at is not a date or time",
    ("yesterday", "1"): "ordered_at is not a date or time",
    ("NULL", "1"): "ordered_at is empty",
    ("1899-12-31", "1"): "ordered_at is before 1900",
    ("2999-01-01", "1"): "ordered_at is in the future",
}
NOTHING = ["NULL", "null", "NA", "N/A", "n/a", "-", "NaN", "None", "\\N", "#N/A", " na "]


@pytest.fixture(scope="module")
def values(tmp_path_factory) -> Marts:
    """One order a pair of `VALUES`, and orders, customers and refunds that do not fit each other."""
    folder = tmp_path_factory.mktemp("values")
    lines = [f'{number};C1;"{at}";"{amount}"' for number, (at, amount) in enumerate(VALUES)]
    lines += [f"nobody {number};{word};2024-02-01;1" for number, word in enumerate(NOTHING)]
    lines += [f"{word};C1;2024-02-01;1" for word in NOTHING]
    lines += [
        "twice;C1;2024-02-02;1",
        "twice;C1;2024-02-02;2",
        "copy;C2;2024-02-02;3",
        "copy;C2;2024-02-02;3",
    ]
    lines += ["of C3;C3;2024-02-03;1"]
    header = HEADER.replace(",", ";")
    (folder / "orders.csv").write_text(rows(*lines, header=header), encoding="utf-8")
    customers = ["C1,NA,none", "C2,n/a,-", "C4,DE,gold", "NULL,FR,gold"]
    (folder / "customers.csv").write_text(rows(*customers, header="customer_id,country,tier"))
    refunds = [
        "r1,copy,2024-02-03,30",
        "r2,nothing,2024-02-03,1",
        "r3,0,2024-02-03,-1",
        "r4,copy,2024-02-03,n/a",
    ]
    (folder / "refunds.csv").write_text(
        rows(*refunds, header="refund_id,order_id,refunded_at,amount")
    )
    inputs = {f"raw_{name}": folder / f"{name}.csv" for name in ["orders", "customers", "refunds"]}
    return build(
        folder,
        *QUALITY,
        "+retention__customers",
        command="run",
        segment_columns=["country", "tier"],
        **inputs,
    )


@pytest.mark.parametrize(
    ("written", "number"), [(pair, number) for number, pair in enumerate(VALUES)], ids=str
)
def test_a_value_is_read_or_rejected_with_the_reason(written, number, values):
    orders = values.query(f"from retention__orders where order_id = '{number}'")
    reasons = values.query(f"from retention__rejected_records where record_id = '{number}'")[
        "reason"
    ]
    expected = VALUES[written]
    if isinstance(expected, str):
        assert len(orders) == 0
        assert reasons.to_list() == [expected]
    else:
        found = orders.iloc[0]
        assert (str(found["order_date"].date()), str(found["gross_revenue"])) == expected
        assert len(reasons) == 0


def test_words_for_nothing_are_nothing(values):
    unattributed = values.query("from retention__orders where order_id like 'nobody %'")
    assert len(unattributed) == len(NOTHING)
    assert unattributed["customer_key"].isna().all()
    without_id = values.query("from retention__rejected_records where reason = 'order_id is empty'")
    assert len(without_id) == 1  # without their id the others are copies of it


def test_in_a_segment_na_is_namibia_and_none_a_tier(values):
    segments = values.query(
        "select customer_key, country, tier from retention__customers order by 1"
    )
    assert segments.to_numpy().tolist() == [
        ["C1", "NA", "none"],
        ["C2", "unknown", "unknown"],
        ["C3", "unknown", "unknown"],
    ]


def test_records_that_do_not_fit_each_other(values):
    """One id with two contents, a refund above its order or of no order, customers of no order."""
    twice = values.query("from retention__orders where order_id = 'twice'")
    assert [str(amount) for amount in twice["gross_revenue"]] == ["2.00"]
    copy = values.query("from retention__orders where order_id = 'copy'").iloc[0]
    assert (str(copy["gross_revenue"]), str(copy["refunds"]), str(copy["net_revenue"])) == (
        "3.00",
        "30.00",
        "-27.00",
    )
    others = values.query(
        "from retention__rejected_records where not regexp_matches(record_id, '^[0-9]+$') order by input, record_id"
    )
    assert others[["input", "record_id", "reason"]].to_numpy().tolist() == [
        ["raw_orders", "twice", "another record of this order_id is used"],
        ["raw_refunds", "r2", "order_id names no order that is used"],
        ["raw_refunds", "r3", "amount is negative"],
        ["raw_refunds", "r4", "amount is empty"],
    ]
    without_id = values.query(
        "from retention__rejected_records where record_id is null and input = 'raw_customers'"
    )
    assert without_id["reason"].to_list() == ["customer_id is empty"]


def test_the_rows_and_the_money_of_the_values_are_accounted_for(values):
    assert_accounted_for(values)
    quality = values.frame("retention__data_quality").set_index("input")
    assert quality.loc["raw_orders", "duplicates_dropped"] == 1 + len(NOTHING) - 1
    assert quality.loc["raw_refunds", "rejected_amount"] == 0  # -1 + 1


@pytest.fixture(scope="module")
def parsed(tmp_path_factory) -> tuple[Project, object]:
    """The project in a folder of its own, parsed once for all commands that follow."""
    project = Project.in_folder(tmp_path_factory.mktemp("parsed"))
    return project, project.dbt("parse", variables={"raw_orders": "orders.csv"})


@pytest.mark.parametrize(
    ("settings", "dates", "amounts"),
    [
        (
            {"date_order": "day_month", "decimal_separator": ","},
            {"1/2/2024": "2024-02-01", "1-2-24 10:00": "2024-02-01", "1/31/2024": "2024-01-31"},
            {
                "1,234": "1.23",
                "1.234": "1234.00",
                "1.50": "1.50",
                "1,50": "1.50",
                "-€1.234": "-1234.00",
            },
        ),
        (
            {"date_order": "month_day", "decimal_separator": "."},
            {"1/2/2024": "2024-01-02", "1-2-24 10:00": "2024-01-02", "31/1/2024": "2024-01-31"},
            {"1,234": "1234.00", "1.234": "1.23", "1.50": "1.50", "1,50": "1.50", "€1.234": "1.23"},
        ),
        (
            {"reporting_timezone": "Europe/Berlin"},
            {
                "31.03.2024 23:30": "2024-04-01",
                "2024-12-31 22:59:59": "2024-12-31",
                "20240331": "2024-03-31",
            },
            {},
        ),
    ],
    ids=["day before month", "month before day", "time zone"],
)
def test_settings_decide_what_could_be_two_things(settings, dates, amounts, parsed):
    project, manifest = parsed
    jinja = (
        "{{ retention.reporting_date(retention.parse_timestamp('$1')) }}"
        " -- {{ retention.parse_amount('$1') }}"
    )
    results = project.dbt("compile", "--inline", jinja, variables=settings, manifest=manifest)
    parse_date, parse_amount = results.results[0].node.compiled_code.split("--")
    for expression, cases in [(parse_date, dates), (parse_amount, amounts)]:
        for text, expected in cases.items():
            found = duckdb.execute(f"select {expression}", [text]).fetchone()[0]
            assert str(found) == expected, text


CONTENTS = {
    "good.csv": rows(order("1")).encode(),
    "empty.csv": b"",
    "blank.csv": b"\n\r\n",
    "header.csv": rows().encode(),
    "no_amount.csv": b"order_id,customer_id,ordered_at\n1,C1,2024-01-31\n",
    "two_amounts.csv": rows(order("1") + ",5", header=HEADER + ",Gross_Amount").encode(),
    "two_statuses.csv": rows(order("1") + ",a,b", header=HEADER + ",status,status").encode(),
    "workbook.csv": b"PK\x03\x04\x14\x00\x06\x00\xff\x80",
    "noise.csv": b"\x00\xff\x80\n\xff",
    "utf_16_big_endian.csv": b"\xfe\xff" + rows(order("1")).encode("utf-16-be"),
    "no_text.csv": rows(order("1")).encode() + b"\x80\n" * 1001,
    "not_compressed.csv.gz": b"no gzip",
    "broken.json": b'[{"order_id": 1',
    "broken.parquet": b"PAR1",
}
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
    "a folder": ({"raw_orders": "{}/"}, "raw_orders: no file matches"),
    "an empty file": (
        {"raw_orders": "{}/empty.csv"},
        "raw_orders: the file '{}/empty.csv' is empty; export it again",
    ),
    "an empty file among others": (
        {"raw_orders": "{}/*.csv"},
        "raw_orders: the file '{}/blank.csv' is empty; export",
    ),
    "a file of blank lines": (
        {"raw_orders": "{}/blank.csv"},
        "raw_orders: the file '{}/blank.csv' is empty; export it again",
    ),
    "a file without rows": (
        {"raw_orders": "{}/header.csv"},
        "holds a header but no rows; export at least one order",
    ),
    "a missing column": (
        {"raw_orders": "{}/no_amount.csv"},
        "raw_orders: the required column 'gross_amount' is missing (found: order_id, customer_id, ordered_at); rename",
    ),
    "a required column that stands twice": (
        {"raw_orders": "{}/two_amounts.csv"},
        "raw_orders: the column 'gross_amount' stands in the header more than once; remove or rename all but one",
    ),
    "another column that stands twice": (
        {"raw_orders": "{}/two_statuses.csv"},
        "raw_orders: the column 'status' stands in the header more than once; remove or rename all but one",
    ),
    "a workbook": (
        {"raw_orders": "{}/workbook.csv"},
        "is a spreadsheet or an archive; save it as CSV",
    ),
    "noise": (
        {"raw_orders": "{}/noise.csv"},
        "raw_orders: the header of '{}/noise.csv' cannot be read; save the file as UTF-8",
    ),
    "UTF-16 of the other kind": (
        {"raw_orders": "{}/utf_16_big_endian.csv"},
        "cannot be read; save the file as UTF-8",
    ),
    "a file that is no gzip": (
        {"raw_orders": "{}/not_compressed.csv.gz"},
        "{}/not_compressed.csv.gz",
    ),
    "broken JSON": ({"raw_orders": "{}/broken.json"}, "{}/broken.json"),
    "a broken Parquet file": ({"raw_orders": "{}/broken.parquet"}, "{}/broken.parquet"),
    "a missing relation": (
        {"raw_orders": "shop.orders"},
        "raw_orders: there is no relation 'shop.orders'; name an existing",
    ),
    "several files": (
        {"raw_orders": ["a.csv", "b.csv"]},
        "is not text; give one file, a glob of several",
    ),
    "an unknown format": (
        {"source_format": "magento"},
        "source_format: 'magento' is not one of generic or",
    ),
    "two formats": (
        {"source_format": ["cdnow"]},
        "source_format: '['cdnow']' is no name of a format",
    ),
    "an unknown segment column": (
        {"segment_columns": ["colour"]},
        "segment_columns: 'colour' is a column of neither raw_customers (none) nor raw_orders (order_id,",
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
    "an unknown order of dates": (
        {"date_order": "dmy"},
        "date_order: 'dmy' is not one of day_month or month_day",
    ),
    "an unknown separator": (
        {"decimal_separator": ";"},
        "decimal_separator: ';' is not one of . or ,",
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


@pytest.mark.parametrize("case", REFUSALS)
def test_nonsense_is_refused_in_one_line_that_names_the_mend(case, contents, parsed):
    """As the start of a run refuses it, whose two checks are called here."""
    project, manifest = parsed
    settings, message = REFUSALS[case]
    variables = {"raw_orders": "{}/good.csv"} | settings
    for name, value in variables.items():
        if isinstance(value, str):
            variables[name] = value.replace("{}", str(contents))
    said = []
    with pytest.raises(DbtFailedError):
        for check in CHECKS:
            project.dbt(
                "run-operation",
                check,
                variables=variables,
                manifest=manifest,
                on_event=lambda event: (
                    said.append(event.info.msg) if event.info.level == "error" else None
                ),
            )
    first_lines = "\n".join("\n".join(text.splitlines()[:2]) for text in said)
    assert message.replace("{}", str(contents)) in first_lines
    assert "Traceback" not in "".join(said)


def test_lines_that_are_no_text_are_refused_where_there_are_many(contents, parsed):
    project, manifest = parsed
    variables = {"raw_orders": str(contents / "no_text.csv")}
    with pytest.raises(
        DbtFailedError, match=r"over 1000 lines of .* the first is line 3; save the file as UTF-8"
    ):
        project.dbt(
            "compile",
            "--select",
            "stg_retention__damaged_rows",
            variables=variables,
            manifest=manifest,
        )


def test_a_refused_run_prints_no_traceback_and_leaves_the_marts(values, contents):
    before = {name: values.frame(name) for name in values.relations()}
    variables = {"raw_orders": str(contents / "no_amount.csv")}
    folder = values.database.parent
    command = [
        Path(sys.executable).with_name("dbt"),
        "build",
        "--no-use-colors",
        "--vars",
        json.dumps(variables),
    ]
    command += ["--target-path", folder / "target", "--log-path", folder / "logs"]
    environment = os.environ | {DATABASE_VARIABLE: str(values.database)}
    run = subprocess.run(
        command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.returncode != 0
    assert "raw_orders: the required column 'gross_amount' is missing" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
    assert values.relations() == list(before)
    for name, rows_before in before.items():
        pd.testing.assert_frame_equal(values.frame(name), rows_before, check_exact=True)


CHECKS = ["refuse_templates", "validate_settings", "validate_clv_settings", "validate_inputs"]
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
EVIL_NAME = f"country'); {DROP}; -- {{{{ run_query('{DROP}') }}}} {{% raw %}}"


def with_canary(database: Path) -> None:
    with duckdb.connect(database) as connection:
        connection.execute("create table if not exists main.canary as select 1 as alive")


def canary_lives(database: Path) -> bool:
    with duckdb.connect(database) as connection:
        return connection.sql("select alive from main.canary").fetchall() == [(1,)]


def test_texts_that_try_to_be_code_are_texts(tmp_path):
    """In cells, column names, names of files and segments, and every setting that takes any text."""
    with_canary(tmp_path / "warehouse.duckdb")
    header = f'{HEADER},status,"{EVIL_NAME}"'
    lines = [
        f'"{number} {text}","{text}",2024-01-31,10.00,"{text}","{text}"'
        for number, text in enumerate(EVIL_TEXTS)
    ]
    lines += [f'last,"{EVIL_TEXTS[0]}",2024-02-01,"{EVIL_TEXTS[0]}",,', f'short,"{EVIL_TEXTS[0]}"']
    file = tmp_path / f"{EVIL_TEXTS[0]}{EVIL_TEXTS[1]}.csv"
    file.write_text(rows(*lines, header=header))
    marts = build(
        tmp_path,
        "--exclude",
        "resource_type:test resource_type:unit_test",
        raw_orders=file,
        segment_columns=[EVIL_NAME],
        excluded_statuses=[EVIL_TEXTS[1], EVIL_TEXTS[2]],
    )
    assert canary_lives(marts.database)
    orders = marts.query("from retention__orders order by order_id")
    assert orders["order_id"].to_list() == [
        f"{number} {text}" for number, text in enumerate(EVIL_TEXTS)
    ]
    assert orders["customer_key"].to_list() == EVIL_TEXTS
    assert orders["is_purchase"].to_list() == [
        number not in (1, 2) for number in range(len(EVIL_TEXTS))
    ]
    segments = marts.query(
        "select distinct segment_value from retention__period_snapshots where segment_dimension <> 'all'"
    )
    assert set(segments["segment_value"]) == {
        text for number, text in enumerate(EVIL_TEXTS) if number not in (1, 2)
    }
    assert EVIL_NAME in marts.frame("retention__customers").columns
    reasons = marts.frame("retention__rejected_records")["reason"]
    assert set(reasons) == {"gross_amount is not a number", "the row has 2 of 6 columns"}


@pytest.mark.parametrize("text", [EVIL_TEXTS[0], EVIL_TEXTS[2]])
def test_settings_that_try_to_be_code_are_refused(text, parsed, contents):
    project, manifest = parsed
    with_canary(project.database)
    good = str(contents / "good.csv")
    settings = [
        {"raw_orders": text},
        {"raw_orders": f"main.{text}"},
        {"raw_orders": f"{text}.orders"},
        {"raw_orders": f"{contents}/{text}.csv"},
        {"raw_orders": good, "raw_refunds": f"main.canary{text}"},
        {"source_format": text},
        {"activity_window_days": text},
        {"period_grains": [text]},
        {"reporting_timezone": text},
        {"reporting_currency": text},
        {"as_of_date": text},
        {"refund_dating": text},
        {"customer_identity": text},
        {"segment_columns": [text]},
        {"segment_columns": [f'"{text}']},
        {"date_order": text},
        {"decimal_separator": text},
        {"clv_horizon_days": text},
        {"clv_discount_rate_annual": text},
        {"clv_minimum_customers": text},
        {"tested_customers": text},
    ]
    for setting in settings:
        with pytest.raises(DbtFailedError):
            for check in CHECKS:
                project.dbt(
                    "run-operation",
                    check,
                    variables={"raw_orders": good} | setting,
                    manifest=manifest,
                )
        assert canary_lives(project.database), setting
