"""Files as shops have them become what a person reading them would say; the values are by hand."""

import gzip
import shutil
import stat
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from retention_cli.ingest import DecisionNeededError, NotUsableError, ingest_files, records
from retention_cli.ingest.door import bring_in

EXPORTS = Path(__file__).parent / "exports"
NEWEST = "order_id,customer_id,ordered_at,gross_amount\n"


@pytest.fixture
def ingest(tmp_path):
    """Import files, and settings, into a folder of their own."""

    def run(*files, **settings):
        inputs = {n: settings.pop(n) for n in list(settings) if n.startswith("raw_")}
        return ingest_files(list(files), tmp_path / "imports" / "shop", settings, **inputs)

    return run


@pytest.fixture
def written(tmp_path):
    """Write a file of text or bytes and return its path."""

    def write(content, name="orders.csv"):
        path = tmp_path / name
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        return path

    return write


def rows(path, columns="order_id, cast(gross_amount as double)"):
    return duckdb.sql(f"select {columns} from '{path}' order by all").fetchall()


def amounts(imported):
    return dict(rows(imported.orders))


def total(path, column):
    return duckdb.sql(f"select cast(sum({column}) as decimal(18, 2)) from '{path}'").fetchone()[0]


def people(imported, column="customer_id"):
    return duckdb.sql(f"select count(distinct {column}) from '{imported.orders}'").fetchone()[0]


def is_accounted_for(imported):
    for count in imported.counts.values():
        assert count.accepted + count.rejected + count.dropped == count.raw
    return True


def reasons(imported):
    return [
        reason for (reason,) in duckdb.sql(f"select reason from '{imported.rejected}'").fetchall()
    ]


@pytest.mark.parametrize(
    ("file", "expected", "customers"),
    [
        ("header-spelling/orders.csv", {"A1": 10, "A2": 20}, 2),
        ("line-items-in-generic/orders.csv", {"O1": 125, "O2": 10, "O3": 20}, 2),
        ("mac-roman/orders.csv", dict.fromkeys(["A1", "A2", "A3", "A4"], 10.5), 3),
        ("windows-1252/orders.csv", dict.fromkeys(["A1", "A2", "A3", "A4"], 10.5), 3),
        ("utf16/orders.csv", {"A1": 10.5, "A2": 10.5}, 2),
        ("utf16-internal-error/nobom.csv", {"nb0": 1.5, "nb1": 2.5}, 2),
        ("utf16-internal-error/utf16be.csv", {"be0": 1.5, "be1": 2.5}, 2),
        ("utf16-internal-error/utf32.csv", {"u320": 1.5, "u321": 2.5}, 2),
        ("excel/orders.xlsx", {"A1": 10, "A2": 20}, 2),
        ("excel/with_readable_lines.xlsx", {"A1": 10, "A2": 20}, 2),
        ("preamble-and-footer/orders.csv", {"A1": 10, "A2": 20}, 2),
        ("point-of-thousands/orders.csv", {"A": 1234.56, "B": 1234, "C": 12500, "D": 999}, 1),
        ("shifted-columns/orders.csv", {"D": 12.5}, 1),
        ("nothing-usable-exit-code/orders.csv", {"A1": 10, "A2": 20}, 2),
    ],
)
def test_orders_are_read_as_a_person_reads_them(file, expected, customers, ingest):
    imported = ingest(EXPORTS / file)
    assert amounts(imported) == expected
    assert people(imported) == customers
    assert is_accounted_for(imported)


def test_names_of_columns_are_known_and_shown(ingest):
    imported = ingest(EXPORTS / "synonyms/orders.csv")
    assert amounts(imported) == {"A1": 10, "A2": 20}
    assert people(imported, "email") == 2
    assert imported.settings["customer_identity"] == "email"
    shown = {subject: decision for subject, decision, _ in imported.decisions}
    assert shown["columns.order_id"] == "order_number"
    assert shown["columns.email"] == "customer_email"


def test_the_order_of_day_and_month_is_that_of_the_whole_column(ingest):
    imported = ingest(EXPORTS / "date-order-decidable/orders.csv")
    assert len(amounts(imported)) == 40
    [second] = rows(imported.orders, "ordered_at, order_id")[1:2]
    assert second == (datetime(2024, 1, 5), "A12")
    assert ("readings.raw_orders.ordered_at", "month_day") in [d[:2] for d in imported.decisions]


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("11-Feb-17", "2017-02-11"),
        ("2/21/17", "2017-02-21"),
        ("2017-02-11 03:15 PM", "2017-02-11 15:15"),
        ("Feb 11, 2017, 3:15 PM", "2017-02-11 15:15"),
        ("Sat, 11 Feb 2017 15:15:00 +0000", "2017-02-11 15:15"),
        ("2017-02-11 15:15:00 -0500", "2017-02-11 20:15"),
        ("2017-2-1 5:15:00+02", "2017-02-01 03:15"),
        ("2017-02-11T15:15:00Z", "2017-02-11 15:15"),
        ("2017-02-11 15:15:00.25", "2017-02-11 15:15:00.250"),
        ("2017-02-11 15:15:00.25-05", "2017-02-11 20:15:00.250"),
        ("2017-02-11T15:15:00.123456Z", "2017-02-11 15:15:00.123456"),
        ("1486826100", "2017-02-11 15:15"),
        ("1486826100000", "2017-02-11 15:15"),
        ("42777", "2017-02-11"),
        ("42777.635416667", "2017-02-11 15:15"),
        ("11 février 2017", "2017-02-11"),
        ("11. März 2017", "2017-03-11"),
        ("11 de febrero de 2017", "2017-02-11"),
        ("11.02.2017", "2017-02-11"),
        ("20170211", "2017-02-11"),
        ("25/02/2017", "2017-02-25"),
    ],
)
def test_a_date_with_one_reading_is_read(spelling, expected, ingest, written):
    imported = ingest(written(f'{NEWEST}A1,K1,"{spelling}",10\nA2,K2,"{spelling}",20\n'))
    found = {moment for (moment,) in rows(imported.orders, "ordered_at")}
    assert found == {datetime.fromisoformat(expected)}


def test_a_date_with_two_readings_is_asked_for(ingest, written):
    file = written(f"{NEWEST}A1,K1,02/03/2017,10\n")
    with pytest.raises(DecisionNeededError, match="date_order: day_month"):
        ingest(file)
    imported = ingest(file, date_order="day_month")
    assert rows(imported.orders, "ordered_at") == [(datetime(2017, 3, 2),)]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["240131", "240215", "231224"], ["2024-01-31", "2024-02-15", "2023-12-24"]),
        (["310124", "150224", "241223"], ["2024-01-31", "2024-02-15", "2023-12-24"]),
        (["013124", "021524", "122423"], ["2024-01-31", "2024-02-15", "2023-12-24"]),
        (["31012024", "15022024", "24122023"], ["2024-01-31", "2024-02-15", "2023-12-24"]),
        (["20240131", "20240215", "20231224"], ["2024-01-31", "2024-02-15", "2023-12-24"]),
    ],
)
def test_dates_of_digits_are_read_where_one_order_reads_all(dates, expected, ingest, written):
    lines = "".join(f"A{at},K1,{day},10\n" for at, day in enumerate(dates))
    imported = ingest(written(NEWEST + lines))
    found = rows(imported.orders, "order_id, cast(cast(ordered_at as date) as varchar)")
    assert [day for _, day in found] == expected


def test_dates_of_digits_that_several_orders_read_are_asked_about(ingest, written):
    file = written(f"{NEWEST}A1,K1,010203,10\nA2,K1,020304,10\n")
    with pytest.raises(DecisionNeededError, match=r"ordered_at: its digits can be .*date_order"):
        ingest(file)
    imported = ingest(file, date_order="month_day")
    assert rows(imported.orders, "ordered_at")[0] == (datetime(2003, 1, 2),)
    imported = ingest(file, date_order="year_month_day")
    assert rows(imported.orders, "ordered_at")[0] == (datetime(2001, 2, 3),)
    with pytest.raises(NotUsableError, match="date_order: 'dmy' is none of: day_month"):
        ingest(file, date_order="dmy")
    file = written(f"{NEWEST}A1,K1,240131,10\n")
    with pytest.raises(NotUsableError, match="date_order is day_month, but"):
        ingest(file, date_order="day_month")


def test_bookings_of_datev_are_no_orders(ingest, written):
    bookings = (
        '"EXTF";700;21;"Buchungsstapel";13\nUmsatz (ohne Soll/Haben-Kz);Belegdatum\n119,00;0501\n'
    )
    with pytest.raises(NotUsableError, match="is a file of bookings for DATEV, not of orders"):
        ingest(written(bookings))


@pytest.mark.parametrize(
    "dates", [("12/25/2017", "25/12/2017"), ("13/01/2017", "01/02/2017", "01/13/2017")]
)
def test_dates_that_contradict_each_other_stop(dates, ingest, written):
    lines = "".join(f"A{at},K1,{date},10\n" for at, date in enumerate(dates))
    with pytest.raises(NotUsableError, match="can only be day/month"):
        ingest(written(NEWEST + lines))


def test_a_setting_that_the_dates_contradict_stops(ingest, written):
    file = written(f"{NEWEST}A1,K1,12/25/2017,10\nA2,K1,01/02/2017,10\n")
    with pytest.raises(NotUsableError, match="date_order is day_month, but 1 dates"):
        ingest(file, date_order="day_month")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1.234,56", "1.234"], [1234.56, 1234]),
        (["1,234.56", "1,234"], [1234.56, 1234]),
        (["0.125", "1.250"], [0.125, 1.25]),
        (["1 234,5", "12,50"], [1234.5, 12.5]),
        (["1'234.50", "7"], [1234.5, 7]),
        (["1.5", "(2.5)"], [1.5, None]),
        (["1,00,000.50", "2"], [100000.5, 2]),
    ],
)
def test_amounts_are_read_by_the_evidence_of_their_column(cells, expected, ingest, written):
    lines = "".join(f'A{at};K{at};2024-01-05;"{cell}"\n' for at, cell in enumerate(cells))
    imported = ingest(written(NEWEST.replace(",", ";") + lines))
    found = amounts(imported)
    assert [found.get(f"A{at}") for at in range(len(cells))] == expected


def test_an_amount_that_can_be_one_or_one_thousand_is_asked_for(ingest, written):
    file = written(f"{NEWEST}A1,K1,2024-01-05,1.234\n")
    with pytest.raises(DecisionNeededError, match="decimal_separator"):
        ingest(file)
    assert amounts(ingest(file, decimal_separator=".")) == {"A1": 1.234}


@pytest.mark.parametrize(
    ("cells", "header"),
    [
        (["12,50", "1,234"], "gross_amount"),
        (["12.50", "1.234"], "gross_amount"),
        (["7,99", "1,234"], "gross_amount"),
        (["12,50 €", "-1,234 €"], "gross_amount"),
        (["12,50", "1,234"], "unit price"),
        (["12,50", "1,234 EUR"], "gross_amount"),
    ],
)
def test_three_decimals_beside_two_are_refused_in_money(cells, header, ingest, written):
    """Of one column they are a thousand to some, and one and a bit to others."""
    lines = "".join(f"A{at};K{at};2024-01-05;{cell}\n" for at, cell in enumerate(cells))
    file = written(f"order_id;customer_id;ordered_at;{header}\n{lines}")
    sign = "," if "," in cells[0] else "."
    said = f"{header}: .* such as -?1.234.*decimal_separator: '{sign}'"
    with pytest.raises(DecisionNeededError, match=said):
        ingest(file)
    assert abs(sum(amounts(ingest(file, decimal_separator=sign)).values())) < 20


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["12.50", "1.234", "0.125"], ["12.50", "1.234", "0.125"]),  # unit prices of parts
        (["12.5", "1.234", "7"], ["12.5", "1.234", "7"]),  # as programs write numbers
        (["12.5", "1.234", "22.3456"], ["12.5", "1.234", "22.3456"]),
        (["12.50 EUR", "1.234 KWD"], ["12.50", "1.234"]),
    ],
)
def test_three_decimals_of_money_are_read_where_the_column_has_more_than_two(
    cells, expected, ingest, written
):
    lines = "".join(f"A{at};K{at};2024-01-05;{cell}\n" for at, cell in enumerate(cells))
    imported = ingest(written(NEWEST.replace(",", ";") + lines), reporting_currency="EUR")
    found = rows(imported.orders, "order_id, gross_amount")
    assert [amount for _, amount in found] == [Decimal(one) for one in expected]


def test_quantities_may_have_three_decimals(ingest, written):
    lines = "A1;K1;2024-01-05;rice;1,250;2,00\nA2;K2;2024-01-05;rice;0,50;2,00\n"
    imported = ingest(written(f"order_id;customer_id;ordered_at;product;quantity;price\n{lines}"))
    assert amounts(imported) == {"A1": 2.5, "A2": 1}


def test_three_decimals_far_below_reject_their_row(ingest, written, monkeypatch):
    monkeypatch.setattr(records, "SAMPLE", 2)
    lines = "".join(f"A{at},K1,2024-01-05,{cell}\n" for at, cell in enumerate(["12.50"] * 2))
    imported = ingest(written(f"{NEWEST}{lines}B,K1,2024-01-05,1.234\n"))
    assert sum(amounts(imported).values()) == 25
    assert imported.counts["raw_orders"].rejected == 1


def test_tomorrows_file_of_a_shop_file_is_not_read_otherwise(tmp_path, monkeypatch):
    monkeypatch.setenv("RETENTION_IMPORTS_PATH", str(tmp_path / "imports"))
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "orders.csv"
    file.write_text(f"{NEWEST}A1,K1,2024-01-05,12.50\n")
    bring_in(["orders.csv"], {}, {}, Console(), accept=True)
    file.write_text(f"{NEWEST}A1,K1,2024-01-05,12.50\nA2,K1,2024-01-05,1.234\n")
    with pytest.raises(DecisionNeededError, match=r"such as 1\.234"):
        bring_in(["shop.yml"], {}, {}, Console(), accept=True)


def test_currencies_in_cells_are_currencies(ingest, written):
    file = written(f"{NEWEST}A,c,2024-05-01,$10\nB,c,2024-05-02,EUR 10\nC,c,2024-05-03,¥1000\n")
    with pytest.raises(DecisionNeededError, match="several currencies"):
        ingest(file)
    imported = ingest(file, reporting_currency="EUR")
    assert rows(imported.orders, "order_id, currency") == [("A", "USD"), ("B", "EUR"), ("C", "JPY")]


def test_rows_without_an_order_id_are_purchases_of_their_own(ingest, written):
    imported = ingest(EXPORTS / "no-order-id/orders.csv")
    assert sorted(amounts(imported).values()) == [5, 10, 20]
    assert any("ids are made" in note for note in imported.notes)
    twice = "customer_id,ordered_at,gross_amount\nK1,2024-01-05,10\nK1,2024-01-05,10\n"
    assert len(amounts(ingest(written(twice)))) == 2


def test_a_negative_row_is_a_refund(ingest):
    imported = ingest(EXPORTS / "negative-rows/orders.csv")
    assert amounts(imported) == {"T1": 50, "T2": 30}
    assert rows(imported.refunds, "order_id, cast(amount as double)") == [("T1", 50)]
    # The marts would leave out what is after the last order.
    assert imported.totals["as_of_date"] == "2024-01-20"


@pytest.mark.parametrize("as_option", [True, False])
def test_lines_in_a_second_file_give_the_amounts(as_option, ingest):
    folder = EXPORTS / "orders-and-lines-in-two-files"
    if as_option:
        imported = ingest(folder / "orders.csv", raw_order_lines=folder / "order_lines.csv")
    else:
        imported = ingest(folder / "orders.csv", folder / "order_lines.csv")
    net = "order_id, cast(gross_amount - coalesce(discount_amount, 0) as double)"
    assert rows(imported.orders, net) == [("O1", 15), ("O2", 20)]


def test_a_file_of_no_known_system_is_mapped_or_asked_for(ingest):
    with pytest.raises(DecisionNeededError, match="which column is customer_id"):
        ingest(EXPORTS / "wrong-format-guess/paypal.csv")
    chosen = {"raw_orders": {"customer_id": "Name"}}
    imported = ingest(EXPORTS / "wrong-format-guess/paypal.csv", columns=chosen)
    assert "no ready format fits" in imported.notes[0]
    [(moment, customer)] = rows(imported.orders, "ordered_at, customer_id")
    assert moment == datetime(2024, 1, 15, 18)
    assert len(customer) == 64


def test_a_file_without_what_is_needed_is_one_sentence(ingest):
    with pytest.raises(NotUsableError, match="is not a table of orders") as error:
        ingest(EXPORTS / "nothing-usable-exit-code/columns.csv")
    assert error.value.exit_code == 1
    assert "\n" not in str(error.value)


def test_shifted_rows_are_damaged_and_never_read(ingest):
    imported = ingest(EXPORTS / "shifted-columns/orders.csv")
    assert reasons(imported) == ["the row is damaged: it has 7 fields, the header 6"] * 3
    assert "75.0% of rows" in imported.verdict


def test_stray_quotes_cost_their_own_rows(ingest):
    imported = ingest(EXPORTS / "swallowed-rows/orders.csv")
    found = amounts(imported)
    assert {f"sw-{number}" for number in range(1, 501)} <= set(found)
    assert is_accounted_for(imported)


def test_a_field_may_go_over_lines(ingest, written):
    file = written(
        "order_id,customer_id,ordered_at,gross_amount,note\n"
        'A1,K1,2024-01-05,10,"two, or\nthree\nlines"\nA2,K1,2024-01-06,20,one\n'
    )
    assert amounts(ingest(file)) == {"A1": 10, "A2": 20}


@pytest.mark.parametrize(
    ("file", "reason"), [("orders.csv.gz", "ends early"), ("bad_crc.csv.gz", "checksum")]
)
def test_a_damaged_gzip_file_is_refused(file, reason, ingest):
    with pytest.raises(NotUsableError, match=reason):
        ingest(EXPORTS / "truncated-gzip" / file)


def test_a_gzip_file_is_read(ingest, written):
    content = gzip.compress((EXPORTS / "header-spelling/orders.csv").read_bytes())
    assert amounts(ingest(written(content, "orders.csv.gz"))) == {"A1": 10, "A2": 20}


def test_typed_values_are_what_they_are(ingest):
    folder = EXPORTS / "typed-amounts-times-1000"
    decimals = ingest(folder / "orders.parquet", decimal_separator=",")
    values = "cast(gross_amount as decimal(18, 2))"
    found = [v for (v,) in rows(decimals.orders, values)]
    assert found == [Decimal("1.25"), Decimal("12.35"), Decimal("1000.00")]
    doubles = ingest(folder / "doubles.parquet")
    assert rows(doubles.orders, values) == [(Decimal("1.13"),)]
    assert reasons(doubles).count("gross_amount is not a number") == 2


def test_ids_follow_one_rule(ingest, written):
    orders = written(f"{NEWEST}1,7,2024-01-05,10\n2,7.0,2024-01-06,10\n3,007,2024-01-07,10\n")
    customers = written("customer_id,country\n7.0,DE\n", "customers.csv")
    imported = ingest(orders, raw_customers=customers)
    assert people(imported) == 1
    [(customer,)] = rows(imported.orders, "distinct customer_id")
    assert rows(imported.outputs["raw_customers"], "customer_id") == [(customer,)]


def test_an_order_id_that_repeats_with_other_contents_stops_with_the_choice(ingest, written):
    file = written(f"{NEWEST}A1,K1,2024-01-05,10\nA1,K2,2024-01-09,20\n")
    with pytest.raises(DecisionNeededError, match="grain: line"):
        ingest(file)
    assert amounts(ingest(file, grain="line")) == {"A1": 30}
    assert amounts(ingest(file, grain="version")) == {"A1": 20}


def test_the_later_of_two_exports_counts(ingest, written):
    january = written(f"{NEWEST}1,a,2024-01-05,10\n2,b,2024-01-31,60\n", "jan.csv")
    february = written(f"{NEWEST}2,b,2024-01-31,40\n3,c,2024-02-02,5\n", "feb.csv")
    imported = ingest(january, february)
    assert amounts(imported) == {"1": 10, "2": 40, "3": 5}
    assert imported.counts["raw_orders"].dropped == 1


@pytest.mark.parametrize(
    "file",
    [
        "email-ids-in-public-schema/orders.csv",
        "segment-columns-show-addresses/orders.csv",
        "email-in-compiled-sql-docs-logs/orders.csv",
        "shopify-emails-in-published-file/orders.csv",
        "shopify-phone-only/orders.csv",
    ],
)
def test_no_address_or_number_of_a_person_is_in_what_is_written(file, ingest, tmp_path):
    imported = ingest(EXPORTS / file)
    written = [*imported.outputs.values(), imported.rejected]
    for path in written:
        text = duckdb.sql(
            f"select string_agg(cast(t as varchar), ' ') from '{path}' as t"
        ).fetchone()
        for canary in ["leak.example", "x.example", "Canarystrasse", "491555", "880170"]:
            assert canary not in str(text), path
        assert "Zebulon" not in str(duckdb.sql(f"from '{path}'").columns)
    salt = imported.folder.parent / ".salt"
    assert stat.S_IMODE(salt.stat().st_mode) == 0o600


def test_hashes_are_the_same_in_the_next_import_and_others_with_another_salt(ingest, tmp_path):
    first = rows(ingest(EXPORTS / "synonyms/orders.csv").orders, "email")
    assert rows(ingest(EXPORTS / "synonyms/orders.csv").orders, "email") == first
    shutil.rmtree(tmp_path / "imports")
    assert rows(ingest(EXPORTS / "synonyms/orders.csv").orders, "email") != first


def test_a_phone_number_is_an_identity(ingest):
    imported = ingest(EXPORTS / "shopify-phone-only/orders.csv")
    assert any("customer_identity: phone" in note for note in imported.notes)
    assert people(imported, "phone") == 2


LINES = "order id,customer,date,product,quantity,price,vat,shipping,order total\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            [
                "A1,k1,2024-01-05,Mug,2,50.00,19.00,5.00,124.00",
                "A1,k1,2024-01-05,Cap,1,0.00,19.00,5.00,124.00",
                "A2,k2,2024-01-06,Mug,1,50.00,9.50,5.00,64.50",
                "A3,k3,2024-01-07,Mug,1,50.00,28.50,5.00,183.50",
                "A3,k3,2024-01-07,Bag,1,100.00,28.50,5.00,183.50",
            ],
            [("A1", 100, 5, 19), ("A2", 50, 5, 9.5), ("A3", 150, 5, 28.5)],
            id="prices without the tax",
        ),
        # Of 183.50 paid 28.50 are tax, so goods and shipping lose 15.5 %.
        pytest.param(
            [
                "A1,k1,2024-01-05,Mug,2,59.50,19.00,0.00,119.00",
                "A3,k3,2024-01-07,Mug,1,59.50,28.50,5.00,183.50",
                "A3,k3,2024-01-07,Bag,1,119.00,28.50,5.00,183.50",
            ],
            [("A1", 100, 0, 19), ("A3", 150.7766, 4.2234, 28.5)],
            id="prices that include tax",
        ),
        pytest.param(
            [
                "A1,k1,2024-01-05,Mug,2,50.00,19.00,2.00,146.80",
                "A1,k1,2024-01-05,Cap,1,20.00,3.80,4.00,146.80",
                "A3,k3,2024-01-07,Mug,1,50.00,9.50,2.00,183.50",
                "A3,k3,2024-01-07,Bag,1,100.00,19.00,2.00,183.50",
            ],
            [("A1", 120, 6, 22.8), ("A3", 150, 4, 28.5)],
            id="of lines",
        ),
    ],
)
@pytest.mark.parametrize("declared", [{}, {"grain": "line"}], ids=["found out", "declared"])
def test_what_all_lines_of_an_order_repeat_is_the_orders(
    declared, lines, expected, ingest, written
):
    imported = ingest(written(LINES + "\n".join(lines) + "\n"), **declared)
    columns = ["gross_amount", "shipping_amount", "tax_amount"]
    columns = ", ".join(["order_id", *(f"cast({name} as double)" for name in columns)])
    assert rows(imported.orders, columns) == expected


SQUARE = (
    "Date,Time,Time Zone,Item,Qty,Price Point Name,Gross Sales,Discounts,Net Sales,"
    "Tax,Transaction ID,Event Type,Customer ID\n"
    "01/25/24,10:00:00,UTC,Beans,1,Regular,$18.00,$0.00,$18.00,$0.00,A,Payment,C1\n"
    "01/25/24,10:00:00,UTC,Latte,1,Regular,$4.00,$0.00,$4.00,$0.00,A,Payment,C1\n"
)


def test_every_row_of_a_refund_counts(ingest, written):
    """Rows of one refund on one day make one, those of other days make others."""
    refunds = (
        "01/26/24,10:00:00,UTC,Beans,-1,Regular,-$18.00,$0.00,-$18.00,$0.00,B,Refund,C1\n"
        "01/26/24,10:00:00,UTC,Latte,-1,Regular,-$3.00,$0.00,-$3.00,$0.00,B,Refund,C1\n"
        "01/27/24,10:00:00,UTC,Latte,-1,Regular,-$1.00,$0.00,-$1.00,$0.00,B,Refund,C1\n"
    )
    imported = ingest(written(SQUARE + refunds))
    assert imported.mapping.name == "square_items"
    found = rows(imported.refunds, "cast(refunded_at as date), cast(amount as double), order_id")
    assert found == [(date(2024, 1, 26), 21, "A"), (date(2024, 1, 27), 1, "A")]


@pytest.mark.parametrize(
    ("cells", "refunded"),
    [
        (["0", "20", "0"], {"A1": 20}),  # of the second line
        (["50", "20", "0"], {"A1": 70}),  # of both lines, all of the order
        (["5", "5", ""], {"A1": 5}),  # of the order, on all of its lines
        (["5", "", ""], {"A1": 5}),  # of the order, on the first of its lines
        (["50", "50", "0"], {"A1": 50}),
    ],
)
def test_refunds_beside_lines_are_the_lines_or_the_orders(cells, refunded, ingest, written):
    lines = ["A1,k1,2024-01-05,Mug,50", "A1,k1,2024-01-05,Cap,20", "A2,k2,2024-01-06,Mug,50"]
    lines = [f"{line},{cell}" for line, cell in zip(lines, cells, strict=True)]
    header = "order id,customer,date,product,amount,refunded amount"
    imported = ingest(written("\n".join([header, *lines, ""])))
    assert amounts(imported) == {"A1": 70, "A2": 50}
    assert dict(rows(imported.refunds, "order_id, cast(amount as double)")) == refunded


JANUARY = (
    "customer,date,amount\nK1,2024-01-05,10\nK1,2024-01-05,10\nK2,2024-01-31,20\nK2,2024-01-31,-5\n"
)
FEBRUARY = "amount,date,customer,note\n20,2024-01-31,K2,a\n-5,2024-01-31,K2,a\n10,2024-02-05,K1,a\n"


def test_rows_without_an_id_that_two_files_hold_are_asked_about(ingest, written):
    """Counted twice, they would make a shop of more than it sold; the columns may lie otherwise."""
    files = [written(JANUARY, "jan.csv"), written(FEBRUARY, "feb.csv")]
    with pytest.raises(DecisionNeededError, match=r"jan.csv, feb.csv: 2 rows .*same_rows: once"):
        ingest(*files)
    once = ingest(*files, same_rows="once")
    assert sorted(amounts(once).values()) == [10, 10, 10, 20]
    assert total(once.refunds, "amount") == 5
    assert once.counts["raw_orders"].dropped == 2
    assert is_accounted_for(once)
    assert ("raw_orders", "left out: the same row as in another file", 2) in once.reasons
    each = ingest(*files, same_rows="each")
    assert sorted(amounts(each).values()) == [10, 10, 10, 20, 20]
    assert total(each.refunds, "amount") == 10
    with pytest.raises(NotUsableError, match="same_rows: 'no' is none of: once, each"):
        ingest(*files, same_rows="no")
    assert len(amounts(ingest(*files[:1]))) == 3


OVERLAPPING = {
    "raw_costs": (
        "date,channel,amount\n2024-01-05,ads,10\n2024-01-06,ads,20\n",
        "date,channel,amount\n2024-01-06,ads,20\n2024-01-07,ads,30\n",
        (60, 80),
    ),
    "raw_refunds": (
        "order_id,date,amount\nA1,2024-01-06,2\n",
        "order_id,date,amount\nA1,2024-01-06,2\nA1,2024-01-07,3\n",
        (5, 7),
    ),
    "raw_order_lines": (
        "order_id,product,amount\nA1,Mug,10\n",
        "order_id,product,amount\nA1,Mug,10\nA2,Cap,20\n",
        (30, 40),
    ),
}


@pytest.mark.parametrize("name", OVERLAPPING)
def test_same_rows_of_other_inputs_are_asked_about_too(name, ingest, written):
    first, second, expected = OVERLAPPING[name]
    orders = "order_id,customer_id,ordered_at\nA1,K1,2024-01-05\nA2,K1,2024-01-06\n"
    if name != "raw_order_lines":
        orders = f"{NEWEST}A1,K1,2024-01-05,50\n"
    inputs = {name: [written(first, "one.csv"), written(second, "two.csv")]}
    orders = written(orders)
    with pytest.raises(DecisionNeededError, match="same_rows: once"):
        ingest(orders, **inputs)
    for same_rows, amount in zip(["once", "each"], expected, strict=True):
        imported = ingest(orders, **inputs, same_rows=same_rows)
        path = imported.orders if name == "raw_order_lines" else imported.outputs[name]
        assert total(path, "gross_amount" if path == imported.orders else "amount") == amount
        assert is_accounted_for(imported)


def test_a_shop_file_keeps_what_same_rows_are(tmp_path, monkeypatch):
    monkeypatch.setenv("RETENTION_IMPORTS_PATH", str(tmp_path / "imports"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jan.csv").write_text(JANUARY)
    (tmp_path / "feb.csv").write_text(FEBRUARY)
    bring_in(["jan.csv", "feb.csv"], {}, {"same_rows": "once"}, Console(), accept=True)
    assert "same_rows: once" in (tmp_path / "shop.yml").read_text()
    door = bring_in(["shop.yml"], {}, {}, Console(), accept=True)
    assert len(amounts(door.imported)) == 4
