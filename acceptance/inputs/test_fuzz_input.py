"""Thousands of damaged files: no crash, no hang, no row lost.

dbt compiles what the staging models select from each of a batch of files; the statements run by file.
"""

import csv
import io
import os
import random
import time
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from retention_cli.project import Project

FILES = int(os.environ.get("RETENTION_FUZZ_FILES", "2000"))
SECONDS = 150 * max(1, FILES / 2000)
BATCH = 200
COLUMNS = ["order_id", "customer_id", "ordered_at", "gross_amount", "note"]
PIECES = [
    b'"', b'""', b",", b";", b"\n", b"\r", b"\r\n", b"\n\n", b"\\", b"'", b" ", b"\t", b"\x00", b"\x80", b"\xe9",
    b"\xff", b"\xc3", b"\xc3\xa9", b"\xef\xbf\xbf", b"\xef\xbb\xbf", b"#", b"NULL", b"-", b"1,234", b"{{ x }}", b"9" * 400, b"",
]  # fmt: skip


def whole_file(random_: random.Random) -> bytes:
    """A file of an id a row, `<O17>`, in one of the usual dialects; nothing is wrong with it yet."""
    delimiter = random_.choice([",", ",", ";", "\t", "|"])
    quoted = random_.random()
    lines = [delimiter.join(COLUMNS)]
    for number in range(random_.randint(0, 30)):
        note = random_.choice(["", "x", f"a{delimiter}b", 'say ""hi""', "two\nlines", "é"])
        cells = [f"<O{number}>", f"C{number % 7}", "2024-01-31", f"{number}.50", note]
        needs_quotes = [
            quoted < 0.3 or any(mark in cell for mark in f'{delimiter}"\n') for cell in cells
        ]
        lines.append(
            delimiter.join(
                f'"{cell}"' if needs else cell
                for cell, needs in zip(cells, needs_quotes, strict=True)
            )
        )
    text = random_.choice(["\n", "\n", "\r\n"]).join(lines) + random_.choice(["\n", ""])
    return text.encode(random_.choice(["utf-8", "utf-8", "latin-1"]))


def damaged(content: bytes, random_: random.Random) -> bytes:
    """The file with a few pieces put in, taken out or cut off after its header."""
    header_end = min(
        mark for mark in (content.find(b"\n"), content.find(b"\r"), len(content)) if mark >= 0
    )
    body = bytearray(content)
    for _ in range(random_.choice([0, 1, 1, 2, 3, 8])):
        if len(body) <= header_end + 2:
            break
        start = random_.randrange(header_end + 2, len(body))
        end = start + random_.choice([0, 0, 1, 2, 10])
        body[start:end] = random_.choice(PIECES)
    if random_.random() < 0.1:
        del body[random_.randrange(header_end + 1, len(body) + 1) :]
    return bytes(body)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> tuple[Project, object]:
    project = Project.in_folder(tmp_path_factory.mktemp("project"))
    return project, project.dbt("parse", variables={"raw_orders": "orders.csv"})


def statements_of(files: list[Path], project: Project, manifest: object) -> list[tuple[str, str]]:
    """What dbt makes of each file: the select of its intact and the select of its damaged rows."""
    pairs = [
        "{{ retention.read_text_files('raw_orders', '" + str(file) + "') }}"
        "\n--rows--\n"
        "{{ retention.damaged_text_rows('raw_orders', '" + str(file) + "') }}"
        for file in files
    ]
    jinja = "{% if execute %}" + "\n--file--\n".join(pairs) + "{% endif %}"
    result = project.dbt("compile", "--inline", jinja, manifest=manifest)
    compiled = result.results[0].node.compiled_code
    return [tuple(pair.split("\n--rows--\n")) for pair in compiled.split("\n--file--\n")]


def lines_of_rows(content: bytes) -> list[bytes]:
    """The lines that are not empty and do not repeat the header."""
    lines = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"\n").split(b"\n")
    lines = [line for line in lines if line]
    return [line for line in lines if line != lines[0]]


def rows_by_the_standard_library(content: bytes) -> list[tuple[str, ...]]:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    text = text.replace("\r\n", "\n")
    dialect = max(",;\t|", key=text.splitlines()[0].count)
    return [tuple(row) for row in csv.reader(io.StringIO(text), delimiter=dialect)][1:]


def test_no_row_of_a_damaged_file_is_lost(project, tmp_path):
    random_ = random.Random(20240131)
    started = time.monotonic()
    counts = Counter()
    while counts["files"] < FILES and time.monotonic() - started < SECONDS:
        batch = []
        for number in range(BATCH):
            whole = whole_file(random_)
            content = damaged(whole, random_)
            file = tmp_path / f"{number}.csv"
            file.write_bytes(content)
            batch.append((file, whole, content))
        statements = statements_of([file for file, *_ in batch], *project)
        for (_, whole, content), (intact, damaged_rows) in zip(batch, statements, strict=True):
            accepted = duckdb.sql(f"select * from {intact}").fetchall()
            rejected = duckdb.sql(damaged_rows).fetchall()
            if content == whole:
                assert sorted(accepted) == sorted(rows_by_the_standard_library(content)), content
                assert not rejected, content
            # A row is one line, and one more for each line break in its texts.
            breaks = sum(cell.count("\n") for row in accepted for cell in row)
            assert len(accepted) + breaks + len(rejected) == len(lines_of_rows(content)), content
            counts.update(
                files=1,
                rows=len(accepted) + len(rejected),
                intact=len(accepted),
                damaged=len(rejected),
                undamaged_files=content == whole,
            )
    print(f"\n{dict(counts)} in {time.monotonic() - started:.0f} s")
    assert counts["files"] >= min(FILES, BATCH)
    assert counts["damaged"] > counts["files"] / 10
