"""Damaged files: every row is read as it stands or listed, and no value is read as another one.

RETENTION_FUZZED_FILES sets how many files are tried. The other readers here share no code with the
project: a row is what Python's csv module makes of its line, an amount what a few rules by hand do.
"""

import csv
import os
import random
import re
from decimal import Decimal

import duckdb
import pytest

from retention_cli.ingest.errors import NotUsableError
from retention_cli.ingest.tables import Workspace, read_table
from retention_cli.ingest.values import NumberReading, define_macros, number_sql

FILES = int(os.environ.get("RETENTION_FUZZED_FILES", "150"))
HEADER = "order_id,customer_id,ordered_at,gross_amount,note"
MARKS = [
    '"',
    ",",
    "\n",
    "\r",
    "\r\n",
    ";",
    "\t",
    "\0",
    "\u20ac",
    "'",
    " ",
    "0",
    ".",
    "-",
    '""',
    ',"',
    '",',
]
BAD_BYTES = [b"\xff", b"\x80", b"\xc3", b"\xef\xbb\xbf"]


def clean_file(chance: random.Random) -> bytes:
    notes = ["", "ok", '"a, b"', '"say ""hi"""', "M\u00fcller", "5.00"]
    lines = [HEADER]
    for number in range(chance.randint(1, 30)):
        day = chance.randint(1, 28)
        amount = f"{chance.randint(0, 99999) / 100:.2f}"
        lines.append(f"A{number},K{number % 7},2024-02-{day:02d},{amount},{chance.choice(notes)}")
    return ("\n".join(lines) + chance.choice(["", "\n", "\n\n"])).encode()


def damaged(content: bytes, chance: random.Random) -> bytes:
    start = content.index(b"\n") + 1
    for _ in range(chance.choice([0, 1, 1, 1, 2, 4])):
        at = chance.randint(start, len(content))
        match chance.randint(0, 3):
            case 0:
                content = content[:at] + chance.choice(MARKS).encode() + content[at:]
            case 1:
                content = content[:at] + content[at + chance.randint(1, 6) :]
            case 2:
                content = content[:at] + chance.choice(BAD_BYTES) + content[at:]
            case 3:
                content = content[:at]
    return content


def lines_of(content: bytes) -> dict[int, str]:
    text = content.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    lines = text.split("\n")
    return {n: line.removesuffix("\r") for n, line in enumerate(lines, start=1) if line.strip("\r")}


@pytest.mark.parametrize("direct", [True, False])
def test_every_row_of_a_damaged_file_is_read_as_it_stands_or_listed(direct, tmp_path):
    chance = random.Random(20240501)
    connection = duckdb.connect()
    read = 0
    for number in range(FILES):
        content = damaged(clean_file(chance), chance)
        path = tmp_path / f"{number}.csv"
        path.write_bytes(content)
        workspace = Workspace(connection, tmp_path, direct=direct, tables=number * 10)
        try:
            table = read_table(path, workspace)
        except NotUsableError:
            continue
        if table.reading.encoding != "utf-8":
            continue
        lines = lines_of(content)
        lines.pop(1)
        rows = connection.sql(f"select * from {table.relation} order by 1").fetchall()
        used = 0
        for at, *cells in rows:
            found = ["" if cell is None else cell for cell in cells]
            [alone] = list(csv.reader([lines[at]]))
            extent = 1
            if found != alone:
                # A field over several lines: the lines from here on make exactly this row.
                extent = 1 + sum(cell.count("\n") for cell in found)
                record = [lines.get(at + more, "") for more in range(extent)]
                [alone] = list(csv.reader([line + "\n" for line in record]))
                assert extent > 1, (number, lines[at], found)
            assert found == alone, (number, at)
            used += sum(1 for more in range(extent) if at + more in lines)
        assert used + len(table.damaged) + table.footers == len(lines), (number, content)
        assert table.rows == len(rows)
        read += 1
        path.unlink()
    assert read > FILES / 3


def amount_by_hand(text: str, separator: str) -> Decimal | None:
    """Read an amount by rules of this test: groups of digits, one decimal sign, one minus.

    Groups are of three digits, or before the last one of two, as in India. A minus may be behind;
    behind a comma it stands for no cents.
    """
    text = re.sub(r"(\d),-$", r"\1,00", text.strip(" "))
    if text.endswith("-") and text[0] not in "-+":
        text = f"-{text[:-1]}"
    group, point = (",", r"\.") if separator == "." else (r"\.", ",")
    whole = rf"\d+|\d{{1,3}}(?:{group}\d{{3}})+"
    if separator == ".":
        whole += r"|\d{1,2}(?:,\d{2})+,\d{3}"
    match = re.fullmatch(rf"([-+]?)({whole})?(?:{point}(\d*))?", text)
    if not match or not (match[2] or match[3]):
        return None
    digits = re.sub(r"\D", "", match[2] or "0")
    return Decimal(f"{match[1]}{digits}.{match[3] or '0'}")


@pytest.mark.parametrize("separator", [".", ","])
def test_no_amount_is_read_as_another_one(separator):
    chance = random.Random(7)
    cells = [",-944.98", "5,-", "847.84,-", "12,34,567.5", "7.50-"]
    for _ in range(20 * FILES):
        cell = f"{chance.randint(0, 10 ** chance.randint(1, 7)) / 100:.2f}"
        for _ in range(chance.randint(0, 3)):
            at = chance.randint(0, len(cell))
            cell = cell[:at] + chance.choice("0123456789.,-") + cell[at + chance.randint(0, 1) :]
        cells.append(cell)
    connection = duckdb.connect()
    define_macros(connection)
    connection.execute("create table cells (v varchar)")
    connection.executemany("insert into cells values (?)", [(cell,) for cell in cells])
    reader = number_sql("v", NumberReading(separator))
    read = connection.sql(f"select v, {reader} from cells where v <> ''").fetchall()
    wrong = []
    for cell, value in read:
        expected = amount_by_hand(cell, separator)
        # Amounts are kept to eight decimals.
        is_one_missing = (value is None) != (expected is None)
        if is_one_missing or abs((value or 0) - (expected or 0)) > Decimal("1e-8"):
            wrong.append((cell, value, expected))
    assert not wrong
