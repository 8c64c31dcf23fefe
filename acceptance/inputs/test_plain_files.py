"""Large files that are presumed to be plain: read with all care, they make the same.

RETENTION_PLAIN_FILES sets how many random files are tried.
"""

import os
import random
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from retention_cli.ingest import importing, tables
from retention_cli.ingest.errors import NotPlainError, NotUsableError
from retention_cli.ingest.imported import Imported, Request
from retention_cli.project import ROOT

FILES = int(os.environ.get("RETENTION_PLAIN_FILES", "24"))
EXPORTS = sorted((ROOT / "acceptance" / "inputs").glob("exports*/*/*.csv"))
HEADER = "order_id,customer_id,ordered_at,status,gross_amount"
SALT = bytes(32)


@pytest.fixture(autouse=True)
def every_file_counts_as_large(monkeypatch):
    monkeypatch.setattr(tables, "NUMBERED_BYTES", 0)


def contents(path: Path) -> tuple[list[tuple], list[tuple]]:
    """Return the columns of a Parquet file and its rows, which threads write in any order."""
    columns = duckdb.sql(f"describe from '{path}'").fetchall()
    return columns, duckdb.sql(f"from '{path}' order by all").fetchall()


def what_it_made(imported: Imported) -> dict[str, object]:
    """Return all that an import made, with the contents of its Parquet files; paths left out."""
    files = {name: contents(path) for name, path in imported.outputs.items()}
    said = replace(imported, folder=ROOT, outputs={}, notes=sorted(imported.notes))
    return {"files": files, "rejected": contents(imported.rejected), "said": said}


def outcome(place, path, *, presumes: bool) -> object:
    """Return what reading a file made or what stopped it."""
    request = Request({"raw_orders": [(path, path.name)]})
    try:
        return what_it_made(importing.import_into(place, request, SALT, presumes=presumes))
    except NotUsableError as error:
        return str(error)


def outcome_if_plain(place, path) -> object:
    """Return what presuming that a file is plain made, None where it is not."""
    try:
        made = outcome(place, path, presumes=True)
    except (NotPlainError, duckdb.Error):
        return None
    return None if isinstance(made, str) else made


def random_lines(chance: random.Random) -> list[str]:
    """Return the lines of orders that differ in how dates, amounts and ids are written."""
    time = chance.choice(["", " 10:11:12", "T10:11:12Z", " 10:11", "T10:11:12+02:00"])
    before = chance.choice(["", "#", "A-", "00"])
    status = chance.choice(["completed", "paid", "cancelled", "na"])
    decimals = chance.choice([0, 2, 2, 4])
    return [
        f"{before}{1000 + number},C{number % 9},"
        f"2024-{1 + number % 12:02d}-{1 + number % 28:02d}{time},"
        f"{chance.choice(['completed', status])},{chance.randint(1, 99999) / 100:.{decimals}f}"
        for number in range(chance.randint(20, 60))
    ]


ODD = {
    "blank before": lambda cells: [*cells[:1], " " + cells[1], *cells[2:]],
    "blank behind": lambda cells: [*cells[:3], cells[3] + " ", cells[4]],
    "blank at the end": lambda cells: [*cells[:4], cells[4] + " "],
    "tab": lambda cells: ["\t" + cells[0], *cells[1:]],
    "no-break space": lambda cells: ["\u00a0" + cells[0], *cells[1:]],
    "no customer": lambda cells: [cells[0], "n/a", *cells[2:]],
    "no amount": lambda cells: [*cells[:4], ""],
    "cancelled without amount": lambda cells: [*cells[:3], "cancelled", "-"],
    "negative": lambda cells: [*cells[:4], "-5.00"],
    "amount in words": lambda cells: [*cells[:4], "five"],
    "exponent": lambda cells: [*cells[:4], "1e3"],
    "currency": lambda cells: [*cells[:4], "$5.00"],
    "thousands": lambda cells: [*cells[:4], '"1,234.50"'],
    "a field too many": lambda cells: [*cells, "5"],
    "an empty field too many": lambda cells: [*cells, ""],
    "a field too few": lambda cells: cells[:4],
    "stray quote": lambda cells: [cells[0], '"' + cells[1], *cells[2:]],
    "repeated": lambda cells: ["1001", *cells[1:]],
    "scientific id": lambda cells: ["1.2e+12", *cells[1:]],
    "other date": lambda cells: [*cells[:2], "5 Feb 2024", *cells[3:]],
    "no date": lambda cells: [*cells[:2], "2024-02-31", *cells[3:]],
    "total": lambda cells: ["Total", "", "", "", cells[4]],
    "address": lambda cells: [cells[0], "a@b.example", *cells[2:]],
    "empty line": lambda cells: [],
}


@pytest.mark.parametrize("odd", ["", *ODD])
def test_a_line_that_is_odd_costs_the_shortcut_or_nothing(odd, tmp_path):
    chance = random.Random(f"{odd}{FILES}")
    taken = 0
    for number in range(max(FILES // len(ODD), 1)):
        lines = random_lines(chance)
        if odd:
            at = chance.randrange(5, len(lines))
            lines[at] = ",".join(ODD[odd](lines[at].split(",")))
        path = tmp_path / f"{number}.csv"
        path.write_text("\n".join([HEADER, *lines]) + chance.choice(["", "\n"]), encoding="utf-8")
        plain = outcome_if_plain(tmp_path / f"plain {number}", path)
        if plain:
            taken += 1
            assert plain == outcome(tmp_path / f"any {number}", path, presumes=False)
    if not odd:
        assert taken


@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_export_that_is_plain_is_read_as_with_all_care(path, tmp_path):
    plain = outcome_if_plain(tmp_path / "plain", path)
    if plain:
        assert plain == outcome(tmp_path / "any", path, presumes=False)


def test_a_file_that_is_not_plain_is_read_with_all_care(tmp_path):
    path = tmp_path / "orders.csv"
    lines = [f"{number},C{number % 3},2024-01-02,paid,5.00" for number in range(40)]
    path.write_text("\n".join([HEADER, *lines, "41,C1,2024-01-03,paid,five"]), encoding="utf-8")
    imported = importing.ingest_files([path], tmp_path / "shop" / "imports")
    count = imported.counts["raw_orders"]
    assert (count.raw, count.accepted, count.rejected) == (41, 40, 1)


def test_plain_files_are_read_once(tmp_path, monkeypatch):
    path = tmp_path / "orders.csv"
    lines = [f"{number},C{number % 3},2024-01-02,paid,5.00" for number in range(40)]
    path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    attempts = []
    made = importing.import_into

    def import_into(*arguments, presumes=False):
        attempts.append(presumes)
        return made(*arguments, presumes=presumes)

    monkeypatch.setattr(importing, "import_into", import_into)
    imported = importing.ingest_files([path], tmp_path / "shop" / "imports")
    assert imported.counts["raw_orders"].accepted == 40
    assert attempts == [True]
