"""Tables of files in DuckDB: every row is read as it stands, or listed as damaged."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from retention_cli.ingest.dialect import (
    PREAMBLE,
    SAMPLE_LINES,
    Header,
    check_surplus,
    find_header,
    find_separator,
    is_footer,
    is_remark,
    split_line,
    unique_names,
)
from retention_cli.ingest.errors import NotPlainError, NotUsableError
from retention_cli.ingest.files import (
    CHUNK,
    Progress,
    TextFile,
    kind_of,
    no_progress,
    read_text,
    survey,
    unpack,
    unzip,
    where,
)
from retention_cli.ingest.json_records import find_records, flatten, is_list_of_items
from retention_cli.ingest.names import plain

# Up to this size the rows are kept numbered in DuckDB, so that a rejected one can be told by its number.
NUMBERED_BYTES = 1 << 26
LONGEST_FIELD = 1 << 20
LINES_IN_FIELD = 200
BATCH = 50_000
# At most four characters each, so that longer texts need not be looked up, nor those that begin otherwise:
# `define_filled` names the first characters, and must follow where a word with another one is added.
NOTHING = ["", "-", "--", "null", "\\n", "na", "n/a", "#n/a", "nan", "nat", "none"]


@dataclass
class FileReading:
    """How a file is read; what shop.yml keeps of it. Empty where it does not apply."""

    path: str
    kind: str = ""
    compression: str = ""
    encoding: str = ""
    separator: str = ""
    header_line: int = 0
    sheets: list[str] = field(default_factory=list)
    records: str = ""
    columns: list[str] = field(default_factory=list)

    def kept(self) -> dict[str, Any]:
        """Return what is not empty."""
        return {name: value for name, value in asdict(self).items() if value or name == "path"}


@dataclass
class Damage:
    """A row that cannot be told apart into the columns."""

    line: int
    reason: str


@dataclass
class Table:
    """The rows of one file as a relation of DuckDB.

    Attributes:
        reading: how the file was read.
        relation: a view or table with the columns of the file and `row_number` (may be null).
        types: the type of each column by its name, as DuckDB writes it.
        rows: rows in the relation.
        damaged: rows that are not in it.
        footers: lines of totals below the table, which are not in it either.
        notes: what a person should hear of how it was read.
        lists: JSON only: lists inside the records by their place, as a relation and its columns.
    """

    path: Path
    reading: FileReading
    relation: str
    types: dict[str, str]
    rows: int
    damaged: list[Damage] = field(default_factory=list)
    footers: int = 0
    notes: list[str] = field(default_factory=list)
    lists: dict[str, tuple[str, list[str]]] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self.types)

    @property
    def raw_rows(self) -> int:
        """The rows of the file: those read, those damaged, lines of totals."""
        return self.rows + len(self.damaged) + self.footers


@dataclass
class Workspace:
    """Where files are read: a database and a folder that are thrown away afterwards.

    Attributes:
        direct: DuckDB may read text files by itself where it can prove that it has every row.
        presumes: the only file is presumed to have an order in every line. A line that has none ends
            the import, and the number of orders that were written is the proof.
    """

    connection: duckdb.DuckDBPyConnection
    folder: Path
    telling: frozenset[str] = frozenset()
    patterns: dict[str, tuple[str, list[str], str]] = field(default_factory=dict)
    tables: int = 0
    direct: bool = True
    presumes: bool = False

    def next_name(self) -> str:
        """Return a name that no table has yet."""
        self.tables += 1
        return f"file_{self.tables}"


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: set[str]) -> str:
    """Return texts as SQL lists them."""
    return ", ".join(literal(text) for text in sorted(texts))


def parquet_columns(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """Return the names of the columns of a Parquet file."""
    return [
        name for name, *_ in connection.execute(f"describe from {literal(str(path))}").fetchall()
    ]


def read_table(
    path: Path,
    workspace: Workspace,
    given: FileReading | None = None,
    shown_as: str | None = None,
    progress: Progress = no_progress,
) -> Table:
    """Read a file into DuckDB.

    Args:
        path: the file.
        workspace: where it is read.
        given: how it was read before, which is not guessed again.
        shown_as: the path that is written into shop.yml.
        progress: told of every byte read.

    Raises:
        NotUsableError: it cannot be read, or no longer as it was.
    """
    reading = FileReading(path=shown_as or str(path))
    kind = kind_of(path)
    source = path
    if kind in {"gzip", "zip"}:
        copy = workspace.folder / f"{workspace.next_name()}_unpacked"
        source = (unpack if kind == "gzip" else unzip)(path, copy, progress)
        reading.compression = kind
        kind = kind_of(source)
        if kind in {"gzip", "zip"}:
            raise NotUsableError(
                f"{path.name}: contains another compressed file; unpack it and name that one"
            )
    reading.kind = kind
    if given and given.kind and given.kind != kind:
        raise NotUsableError(f"{path.name}: was {given.kind} and is {kind} now; build it again")
    match kind:
        case "parquet":
            table = read_parquet(path, source, workspace, reading)
        case "workbook":
            table = read_workbook(path, source, workspace, reading, given)
        case "json":
            table = read_json(path, source, workspace, reading, given)
        case _:
            table = read_separated(path, source, workspace, reading, given, progress)
    if given and given.columns:
        gone = [name for name in given.columns if plain(name) not in set(map(plain, table.columns))]
        if gone:
            raise NotUsableError(f"{path.name}: the column '{gone[0]}' no longer exists")
    return table


# --- Text ----------------------------------------------------------------------------------------


def read_separated(
    path: Path,
    source: Path,
    workspace: Workspace,
    reading: FileReading,
    given: FileReading | None,
    progress: Progress,
) -> Table:
    """Read a file of lines with separated fields."""
    copy = workspace.folder / f"{workspace.tables + 1}_text"
    text = read_text(source, copy, given.encoding if given else None, progress)
    reading.encoding = text.encoding
    if not text.lines:
        raise NotUsableError(f"{path.name}: the file is empty")
    with text.path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        head = [line.rstrip("\r\n").replace("\0", "") for line in islice(file, SAMPLE_LINES)]
    if layout := layout_of(head, workspace):
        return read_without_header(path, text, workspace, reading, layout)
    separator = given.separator if given and given.separator else find_separator(head)
    reading.separator = separator
    if whole_rows_are_quoted(head, separator):
        text, head = unquoted(text, workspace.folder / f"{workspace.next_name()}_unquoted")
        reading.separator = separator = find_separator(head)
    rows = head_rows(head, separator)
    if given and given.columns:
        line = given.header_line
        names = unique_names(rows[line - 1]) if line and len(rows) >= line else given.columns
        header = Header(line, names)
    else:
        header = find_header(rows, workspace.telling)
        header = Header(header.line, trimmed(header.names, rows[header.line :]))
        header = check_surplus(path.name, header, [r for r in rows[header.line :] if any(r)])
    reading.header_line = header.line
    reading.columns = header.names
    if text.lines <= header.line:
        raise NotUsableError(f"{path.name}: there is no row below the header")
    table = None
    plain_head = header.line <= 1 and not (head and not head[0].strip())
    if workspace.direct and plain_head and not text.is_damaged:
        table = read_direct(text, workspace, reading, header)
    if table is None and workspace.presumes:
        raise NotPlainError
    if table is None:
        table = read_by_line(text, workspace, reading, header)
    table.path = path
    if text.encoding not in {"utf-8", "utf-8-sig"}:
        table.notes.append(f"read as {text.encoding}")
    return table


def whole_rows_are_quoted(head: list[str], separator: str) -> bool:
    """Return whether each row, or each below the header, is one quoted field that holds a whole row."""
    rows = [split_line(line, separator) for line in head if line.strip()]
    if len(rows) < 2 or any(row is None or len(row) != 1 for row in rows[1:]):
        return False
    inner = [find_separator([row[0] for row in rows[1:] if row])]
    fields = {len(split_line(row[0], inner[0]) or []) for row in rows[1:] if row}
    first = rows[0] or []
    names = first if len(first) > 1 else split_line(first[0], inner[0]) if first else None
    return bool(names) and len(names or []) > 1 and fields == {len(names or [])}


def unquoted(text: TextFile, copy: Path) -> tuple[TextFile, list[str]]:
    """Return a text file without the quotes around its whole rows, and its first lines."""
    with (
        text.path.open(encoding="utf-8", newline="\n") as file,
        copy.open("w", newline="") as target,
    ):
        for line in file:
            cells = split_line(line.rstrip("\r\n"), "\x01")
            target.write((cells[0] if cells else line.rstrip("\r\n")) + "\n")
    lines, quotes, _ = survey(copy)
    with copy.open(encoding="utf-8", newline="\n") as file:
        head = [line.rstrip("\n") for line in islice(file, SAMPLE_LINES)]
    return TextFile(copy, text.encoding, lines, quotes), head


def layout_of(head: list[str], workspace: Workspace) -> tuple[str, list[str], str] | None:
    """Return the ready layout whose pattern every line of a file without header matches."""
    lines = [line for line in head[:-1] or head if line.strip()]
    for layout in workspace.patterns.values():
        if lines and all(re.fullmatch(layout[0], line) for line in lines):
            return layout
    return None


def head_rows(head: list[str], separator: str) -> list[list[str]]:
    """Return the first lines as rows; one whose quotes are not in order is split as it stands."""
    return [
        (split_line(line, separator) or line.split(separator)) if line.strip() else []
        for line in head
    ]


def trimmed(names: list[str], rows: list[list[str]]) -> list[str]:
    """Return a header without empty names at its end that no row has a field for."""
    widest = max((len(row) for row in rows), default=len(names))
    while len(names) > widest and re.fullmatch(r"column_\d+", names[-1]):
        names = names[:-1]
    return names


def read_direct(
    text: TextFile, workspace: Workspace, reading: FileReading, header: Header
) -> Table | None:
    """Read with DuckDB's own reader, or return None where that cannot prove that it has every row.

    Rows read and rows rejected are all the lines that are not empty; with quotes in the file no
    field may go over a line end, since a stray quote looks the same.
    """
    connection = workspace.connection
    if len(header.names) == 1 and text.quotes:
        return None
    if text.quotes and (text.quotes % 2 or not quotes_balance(text, workspace)):
        return None
    name = workspace.next_name()
    columns = dict.fromkeys(header.names, "VARCHAR")
    options = (
        f"auto_detect = false, header = false, skip = {header.line}, columns = {columns_sql(columns)},"
        f" delim = {literal(reading.separator)}, quote = '\"', escape = '\"', nullstr = '',"
        f" encoding = 'utf-8', max_line_size = {LONGEST_FIELD * 4}"
    )
    if workspace.presumes:
        rows = text.lines - header.line
        separators = count_separators(text, reading.separator, header)
        if not separators_add_up(separators, text, header, rows, 0):
            return None
        if separators.are_bare and not text.quotes:
            define_filled(connection, is_bare=True)
        if not separators.has_addresses:
            # No id can be an address, which `define_hashes` would look for in each of them.
            connection.execute("create or replace macro private_id(v) as v")
        connection.execute(
            f"create view {name} as select cast(null as bigint) as row_number, *"
            f" from read_csv({literal(str(text.path))}, {options})"
        )
        return Table(text.path, reading, name, columns, rows)
    scan = f"read_csv({literal(str(text.path))}, {options}, ignore_errors = true)"
    recorded = (
        f"read_csv({literal(str(text.path))}, {options}, store_rejects = true,"
        f" rejects_table = '{name}_rejects', rejects_scan = '{name}_scans', rejects_limit = 0)"
    )
    try:
        if text.path.stat().st_size <= NUMBERED_BYTES:
            connection.execute(
                f"create table {name} as select row_number() over () + {header.line} as row_number, * from {recorded}"
            )
            (rows,) = one(connection, f"select count(*) from {name}")
        else:
            # Every column is asked for: a count alone reads no fields, and finds no damaged rows.
            fields = ", ".join(f"count({quoted(one)})" for one in header.names)
            counted = f"select count(*), {fields} from {recorded}"
            # A table of rejects is there when all of the result was fetched.
            ((rows, *_),) = connection.execute(counted).fetchall()
            connection.execute(
                f"create view {name} as select cast(null as bigint) as row_number, * from {scan}"
            )
        rejects = connection.execute(
            f"select line, list(distinct error_type), any_value(csv_line) from {name}_rejects"
            " group by line order by line"
        ).fetchall()
    except duckdb.Error:
        return None
    if rows + len(rejects) != text.lines - header.line:
        return None
    is_numbered = text.path.stat().st_size <= NUMBERED_BYTES
    if is_numbered and (rejects or has_empty_line(text)):
        return (
            None  # numbers of rows would not be those of lines; small files are read again at once
        )
    separators = count_separators(text, reading.separator, header)
    in_rejected = sum((content or "").count(reading.separator) for _, _, content in rejects)
    if not separators_add_up(separators, text, header, rows, in_rejected):
        return None
    damaged, footers = [], 0
    for line, kinds, content in rejects:
        cells = split_line(content or "", reading.separator) or []
        if is_footer(cells):
            footers += 1
            continue
        damaged.append(Damage(line, damage_of(kinds, len(cells), len(header.names))))
    return Table(text.path, reading, name, columns, rows, damaged, footers)


def define_filled(connection: duckdb.DuckDBPyConnection, *, is_bare: bool = False) -> None:
    """Define `filled(v)`: a text without blanks around it, NULL where it says nothing.

    Args:
        connection: the database.
        is_bare: no text has anything around it, and all are ASCII.
    """
    words = ", ".join(literal(word) for word in NOTHING)
    # Most values are plain and without blanks around them; only the others are looked at.
    trimmed = (
        ""
        if is_bare
        else (
            "when not (strlen(v) = length(v) and v > '!' and not ("
            "ends_with(v, ' ') or ends_with(v, '\t') or ends_with(v, '\n') or ends_with(v, '\r')))"
            f" then case when lower(bare(v)) not in ({words}) then bare(v) end"
        )
    )
    connection.execute(
        f"create or replace macro filled(v) as case {trimmed} when strlen(v) > 4 or v >= 'o'"
        " or (v >= '0' and v < 'N') or (v >= 'O' and v < '\\') then v"
        f" when lower(v) not in ({words}) then v end"
    )


def has_empty_line(text: TextFile) -> bool:
    """Return whether a file has empty lines."""
    content = text.path.read_bytes()
    return content.count(b"\n") + (not content.endswith(b"\n")) != text.lines


@dataclass(frozen=True)
class Separators:
    """The separators of a text file.

    Attributes:
        all: how many there are.
        in_header: those up to the header's line.
        at_ends: those that end a line.
        are_bare: all text is ASCII, and no blank stands beside a separator or an end of a line.
        has_addresses: there is an `@` in the file.
    """

    all: int
    in_header: int
    at_ends: int
    are_bare: bool
    has_addresses: bool


def count_separators(text: TextFile, separator: str, header: Header) -> Separators:
    """Count the separators of a text file."""
    at_ends, separators, last, head, are_bare, has_addresses = 0, 0, b"", b"", True, False
    with text.path.open("rb") as file:
        while chunk := file.read(CHUNK):
            head = head or b"".join(chunk.splitlines(keepends=True)[: header.line])
            has_addresses = has_addresses or b"@" in chunk
            block = last + chunk
            found, ends = where(block, separator), where(block, "\n")
            if b"\r" in block:
                ends[:-1] |= where(block, "\r")[:-1] & ends[1:]
            separators += int(np.count_nonzero(found[len(last) :]))
            at_ends += int(np.count_nonzero(found[:-1] & ends[1:]))
            if are_bare:
                blanks, edges = where(block, " "), found | ends
                if b"\t" in block:
                    blanks |= where(block, "\t")
                beside = (blanks[:-1] & edges[1:]) | (edges[:-1] & blanks[1:])
                are_bare = chunk.isascii() and not beside.any()
            last = block[-2:] if not chunk.endswith(b"\n") else b""
    rest, sign = last.rstrip(b"\r"), separator.encode()
    at_ends += rest.endswith(sign)
    are_bare = are_bare and not rest.endswith((b" ", b"\t"))
    return Separators(separators, head.count(sign), at_ends, are_bare, has_addresses)


def separators_add_up(
    found: Separators, text: TextFile, header: Header, rows: int, in_rejected: int
) -> bool:
    """Return whether no row that was read has a field too many.

    DuckDB reads a row that ends in one separator too many as if it did not. With quotes in the file
    separators are no proof, so there no line may end in one.
    """
    expected = (len(header.names) - 1) * rows + found.in_header + in_rejected
    return not found.at_ends or (not text.quotes and found.all == expected)


def quotes_balance(text: TextFile, workspace: Workspace) -> bool:
    """Return whether every line of a file has an even number of quotes."""
    unused = "\x01"
    try:
        (odd,) = one(
            workspace.connection,
            f"""
        select count(*) filter ((length(line) - length(replace(line, '"', ''))) % 2 = 1)
        from read_csv(
            {literal(str(text.path))}, auto_detect = false, header = false, quote = '', escape = '',
            columns = {{'line': 'VARCHAR'}}, delim = '{unused}', max_line_size = {LONGEST_FIELD * 4}
        )
        """,
        )
    except duckdb.Error:
        return False
    return bool(odd == 0)


def columns_sql(columns: dict[str, str]) -> str:
    """Return names and types as the argument `columns` of DuckDB's readers."""
    return "{" + ", ".join(f"{literal(name)}: {literal(t)}" for name, t in columns.items()) + "}"


def damage_of(kinds: list[str], fields: int, expected: int) -> str:
    """Return what is wrong with a row that DuckDB rejects, in words."""
    if "UNQUOTED VALUE" in kinds:
        return "the row is damaged: a quote in it is not closed or stands in the wrong place"
    if "INVALID ENCODING" in kinds:
        return "the row is damaged: it has bytes that are not text"
    return f"the row is damaged: it has {fields or 'other'} fields, the header {expected}"


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """Return the only row of a query."""
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row


def read_by_line(
    text: TextFile, workspace: Workspace, reading: FileReading, header: Header
) -> Table:
    """Read line by line, so that a stray quote costs its own row and no other."""
    expected = len(header.names)
    damaged: list[Damage] = []
    # Lines that may stand below the table: they do if no row follows.
    below: list[Damage] = []
    footers = 0

    def rows() -> Iterator[tuple[int, list[str]]]:
        nonlocal footers
        before = header.line
        for line, cells, damage in split_rows(text.path, reading.separator, header):
            is_apart, before = line > before + 1, line
            reason = damage
            if not reason and len(cells) != expected:
                if is_footer(cells):
                    footers += 1
                    continue
                reason = damage_of([], len(cells), expected)
            if not reason:
                damaged.extend(below)
                below.clear()
                yield line, cells
            elif not damage and is_remark(cells, expected, is_apart=is_apart or bool(below)):
                below.append(Damage(line, reason))
            else:
                damaged.append(Damage(line, reason))

    name = store_rows(workspace, header.names, rows())
    (count,) = one(workspace.connection, f"select count(*) from {name}")
    types = dict.fromkeys(header.names, "VARCHAR")
    return Table(text.path, reading, name, types, count, damaged, footers + len(below))


def split_rows(path: Path, separator: str, header: Header) -> Iterator[tuple[int, list[str], str]]:
    """Yield the rows below a header: the number of the first line, the fields, what is wrong.

    A field may go over several lines. It does not where the lines within it are rows themselves:
    then the quote that opens it is a stray one.
    """
    expected = len(header.names)
    shapes = column_shapes(path, separator, header)
    csv.field_size_limit(LONGEST_FIELD)
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        pending: list[tuple[int, str]] = []
        every_line = enumerate((line.rstrip("\n").removesuffix("\r") for line in file), start=1)
        lines = islice(every_line, header.line, None)

        def next_line() -> tuple[int, str] | None:
            return pending.pop(0) if pending else next(lines, None)

        while entry := next_line():
            number, line = entry
            if not line:
                continue
            if "\ufffd" in line or "\0" in line:
                yield number, [], "the row is damaged: it has bytes that are not text"
                continue
            cells = split_line(line, separator)
            if cells is None and '\\"' in line:
                escaped = split_line(line.replace('\\"', '""'), separator)
                cells = escaped if escaped and len(escaped) == expected else None
            if cells is not None:
                yield number, cells, ""
                continue
            if line.count('"') % 2 == 0:
                yield number, [], damage_of(["UNQUOTED VALUE"], 0, 0)
                continue
            followers: list[tuple[int, str]] = []
            cells = None
            while len(followers) < LINES_IN_FIELD and (follower := next_line()):
                followers.append(follower)
                if follower[1].count('"') % 2:
                    inner = [text for _, text in followers[:-1]]
                    whole = "\n".join([line, *(text for _, text in followers)])
                    if not any(is_row(text, separator, expected, shapes) for text in inner):
                        cells = split_record(whole, separator)
                    break
            if cells is not None and len(cells) == expected and "\ufffd" not in "".join(cells):
                yield number, cells, ""
            else:
                pending = followers + pending
                yield number, [], damage_of(["UNQUOTED VALUE"], 0, 0)


def split_record(record: str, separator: str) -> list[str] | None:
    """Return the fields of a record that goes over several lines, None where it is damaged."""
    try:
        lines = record.splitlines(keepends=True)
        rows = list(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def column_shapes(path: Path, separator: str, header: Header) -> list[int]:
    """Return the columns whose fields nearly always hold numbers or dates, by their place."""
    numeric: Counter[int] = Counter()
    rows = 0
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for line in islice(file, header.line, header.line + 2000):
            cells = split_line(line.rstrip("\r\n"), separator)
            if cells and len(cells) == len(header.names):
                rows += 1
                numeric.update(at for at, cell in enumerate(cells) if re.search(r"\d", cell))
    return [at for at, count in numeric.items() if count > 0.8 * rows]


def is_row(line: str, separator: str, expected: int, shapes: list[int]) -> bool:
    """Return whether a line has as many fields as the header, and digits where rows have them."""
    cells = split_line(line, separator)
    if cells is None or len(cells) != expected or expected == 1:
        return False
    return all(re.search(r"\d", cells[at]) for at in shapes)


def store_rows(
    workspace: Workspace, names: list[str], rows: Iterator[tuple[int, list[str]]]
) -> str:
    """Write rows of texts to Parquet and return the name of a view of them."""
    name = workspace.next_name()
    path = workspace.folder / f"{name}.parquet"
    schema = pa.schema([("row_number", pa.int64()), *((column, pa.string()) for column in names)])
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(rows, BATCH)):
            columns: list[Any] = [[number for number, _ in batch]]
            columns += [[cells[at] for _, cells in batch] for at in range(len(names))]
            arrays = [
                pa.array(values, kind.type) for values, kind in zip(columns, schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    workspace.connection.execute(f"create view {name} as from read_parquet({literal(str(path))})")
    return name


def read_without_header(
    path: Path,
    text: TextFile,
    workspace: Workspace,
    reading: FileReading,
    layout: tuple[str, list[str], str],
) -> Table:
    """Read a file whose every line matches a ready pattern and that has no header."""
    pattern, names, separator = layout
    reading.separator, reading.columns = separator, names
    damaged: list[Damage] = []

    def rows() -> Iterator[tuple[int, list[str]]]:
        with text.path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                content = line.strip()
                if not content:
                    continue
                cells = content.split() if separator == "blanks" else content.split(separator)
                if re.fullmatch(pattern, line.rstrip("\r\n")) and len(cells) >= len(names):
                    # A further field, such as a number of a sample, stands after the first one.
                    yield number, [cells[0], *cells[len(cells) - len(names) + 1 :]]
                else:
                    damaged.append(Damage(number, damage_of([], len(cells), len(names))))

    name = store_rows(workspace, names, rows())
    (count,) = one(workspace.connection, f"select count(*) from {name}")
    types = dict.fromkeys(names, "VARCHAR")
    return Table(path, reading, name, types, count, damaged)


# --- Parquet, workbooks, JSON --------------------------------------------------------------------


def read_parquet(path: Path, source: Path, workspace: Workspace, reading: FileReading) -> Table:
    """Read a Parquet file; its values keep their types."""
    name = workspace.next_name()
    try:
        workspace.connection.execute(
            f"create view {name} as select file_row_number + 1 as row_number,"
            f" * exclude (file_row_number) from"
            f" read_parquet({literal(str(source))}, file_row_number = true)"
        )
        described = workspace.connection.execute(f"describe {name}").fetchall()
        (rows,) = one(workspace.connection, f"select count(*) from {name}")
    except duckdb.Error as error:
        raise NotUsableError(f"{path.name}: is not a complete Parquet file") from error
    types = {column: kind for column, kind, *_ in described if column != "row_number"}
    reading.columns = list(types)
    return Table(path, reading, name, types, rows)


def read_workbook(
    path: Path,
    source: Path,
    workspace: Workspace,
    reading: FileReading,
    given: FileReading | None,
) -> Table:
    """Read the sheet of a workbook that holds the table, or all sheets with the same header."""
    try:
        workbook = CalamineWorkbook.from_path(str(source))
        sheets = {
            name: [
                [cell_text(cell) for cell in row]
                for row in workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            ]
            for name in workbook.sheet_names
            if not given or not given.sheets or name in given.sheets
        }
    except (CalamineError, OSError, ValueError) as error:
        raise NotUsableError(
            f"{path.name}: the workbook cannot be read; save it again as .xlsx without a password"
        ) from error
    headers = {
        name: find_header(rows[:SAMPLE_LINES], workspace.telling)
        for name, rows in sheets.items()
        if len(rows) > 1 and any(any(row) for row in rows)
    }
    if not headers:
        raise NotUsableError(f"{path.name}: no sheet of the workbook contains a table")

    def score(name: str) -> tuple[float, int]:
        names = headers[name].names
        known = sum(plain(cell) in workspace.telling for cell in names) or 0
        return known + sum(1 for cell in names if is_column(cell)), len(sheets[name])

    best = max(headers, key=score)
    names = trimmed_width(headers[best].names, sheets[best])
    wanted = [plain(cell) for cell in names]
    alike = [
        name
        for name, header in headers.items()
        if [plain(cell) for cell in header.names[: len(names)]] == wanted
    ]
    reading.sheets = alike
    reading.columns = names
    reading.header_line = headers[best].line
    footers, blanks = 0, 0

    def rows() -> Iterator[tuple[int, list[str]]]:
        nonlocal footers, blanks
        for sheet in alike:
            for number, cells in enumerate(sheets[sheet], start=1):
                if number <= headers[sheet].line:
                    continue
                if not any(cells):
                    blanks += 1
                    continue
                row = (cells + [""] * len(names))[: len(names)]
                yield number, row

    name = store_rows(workspace, names, rows())
    (count,) = one(workspace.connection, f"select count(*) from {name}")
    table = Table(path, reading, name, dict.fromkeys(names, "VARCHAR"), count)
    table.footers = footers
    others = [name for name in workbook.sheet_names if name not in alike]
    if others:
        table.notes.append(f"sheets not read: {', '.join(others)}")
    return table


def is_column(name: str) -> bool:
    """Return whether a name was read rather than made."""
    return not re.fullmatch(r"column_\d+", name)


def trimmed_width(names: list[str], rows: list[list[str]]) -> list[str]:
    """Return a header without made names at its end below which nothing is written."""
    while names and not is_column(names[-1]):
        at = len(names) - 1
        if any(len(row) > at and row[at] for row in rows):
            break
        names = names[:-1]
    return names


def cell_text(cell: object) -> str:
    """Return a cell of a workbook as text: dates by ISO 8601, whole numbers without a point."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime():
            return cell.isoformat(sep=" ")
        case date():
            return cell.isoformat()
        case time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return str(cell).strip()


def read_json(
    path: Path,
    source: Path,
    workspace: Workspace,
    reading: FileReading,
    given: FileReading | None,
) -> Table:
    """Read JSON: a list of records, wherever in the document it is, or one record a line."""
    copy = workspace.folder / f"{workspace.tables + 1}_text"
    text = read_text(source, copy, given.encoding if given else None)
    reading.encoding = text.encoding
    damaged: list[Damage] = []
    content = text.path.read_bytes()
    try:
        document = parse_json(content)
        place, records = find_records(document, given.records if given else None)
    except ValueError:
        place, records = "", []
        for number, line in enumerate(content.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                record = parse_json(line)
            except ValueError:
                record = None
            if isinstance(record, dict):
                records.append(record)
            else:
                damaged.append(Damage(number, "the row is damaged: it is not a JSON object"))
        if not records:
            raise NotUsableError(f"{path.name}: is not complete JSON; export it again") from None
    if not records:
        raise NotUsableError(f"{path.name}: the JSON contains no list of records")
    reading.records = place
    flat = [flatten(record) for record in records]
    name, columns = store_objects(workspace, ((n, row) for n, (row, _) in enumerate(flat, start=1)))
    reading.columns = columns
    table = Table(path, reading, name, dict.fromkeys(columns, "VARCHAR"), len(flat), damaged)
    found = {place for _, lists in flat for place in lists}
    for place in sorted(found, key=lambda one: (not is_list_of_items(one), one)):
        inner = (
            (number, {f"{place}.{key}": text for key, text in flatten(item)[0].items()})
            for number, (_, lists) in enumerate(flat, start=1)
            for item in lists.get(place, [])
        )
        table.lists[place] = store_objects(workspace, inner)
    return table


def store_objects(
    workspace: Workspace, rows: Iterable[tuple[int, dict[str, str]]]
) -> tuple[str, list[str]]:
    """Write numbered rows that have not all the same names; return the view and its columns."""
    kept = list(rows)
    names: dict[str, None] = {}
    for _, row in kept:
        names |= dict.fromkeys(row)
    columns = unique_names(list(names))
    cells = ((number, [row.get(name, "") for name in names]) for number, row in kept)
    return store_rows(workspace, columns, cells), columns


def with_items(table: Table, place: str, workspace: Workspace) -> Table:
    """Return a table of records with one row for each object of a list in them.

    A record whose list is empty keeps one row.
    """
    relation, columns = table.lists[place]
    name = workspace.next_name()
    workspace.connection.execute(
        f"create table {name} as select records.*, items.* exclude (row_number)"
        f" from {table.relation} as records left join {relation} as items using (row_number)"
        " order by row_number"
    )
    (rows,) = one(workspace.connection, f"select count(*) from {name}")
    types = table.types | dict.fromkeys(columns, "VARCHAR")
    return replace(table, relation=name, types=types, rows=rows)


def parse_json(content: bytes) -> Any:
    """Return what JSON says.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        # Numbers beyond 64 bits, which are ids, and NaN.
        return json.loads(content, parse_int=str)


__all__ = ["PREAMBLE", "FileReading", "Table", "Workspace", "read_table"]
