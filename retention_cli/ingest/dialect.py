"""How a text file lays out its table: separator, header line, what stands above and below it."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from retention_cli.ingest.errors import NotUsableError
from retention_cli.ingest.names import is_known, is_total_word, plain

SEPARATORS = [",", ";", "\t", "|"]
SAMPLE_LINES = 200
PREAMBLE = 30
NUMBER_OR_DATE = re.compile(r"[-+(]?[\d.,:/\-\s%)T]*\d[\d.,:/\-\s%)TZ]*")


@dataclass(frozen=True)
class Header:
    """Where the header of a table stands and what it says.

    Attributes:
        line: its number, the first line is 1; 0 where there is none.
        names: of the columns, unique; made where there is no header.
    """

    line: int
    names: list[str]


def split_line(line: str, separator: str) -> list[str] | None:
    """Return the fields of one line, None where its quotes are not in order."""
    try:
        rows = list(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def find_separator(lines: list[str]) -> str:
    """Return the separator that splits lines into a header of known names, or most evenly."""

    def suitability(separator: str) -> tuple[float, float]:
        rows = [split_line(line, separator) or [] for line in lines if line.strip()]
        counts = Counter(len(row) for row in rows if len(row) > 1)
        if not counts:
            return 0, 0
        fields, rows_alike = counts.most_common(1)[0]
        known = max((known_cells(row) for row in rows[:PREAMBLE] if len(row) > 1), default=0)
        return known, rows_alike / len(rows) * min(fields, 4)

    best = max(SEPARATORS, key=suitability)
    return best if suitability(best) > (0, 0) else ","


def known_cells(row: list[str]) -> int:
    """Return how many cells of a row are names of columns that the synonyms know."""
    return sum(is_known(cell) for cell in row if cell.strip())


def find_header(rows: list[list[str]], telling: frozenset[str] = frozenset()) -> Header:
    """Return the header of a table, of its first rows.

    Args:
        rows: the first rows, also those above the header; an empty one for an empty line.
        telling: plain names that the ready mappings know.
    """
    candidates: list[tuple[float, int]] = []
    width = Counter(len(row) for row in rows if any(row)).most_common(1)[0][0] if any(rows) else 0
    for number, row in enumerate(rows[:PREAMBLE]):
        cells = [cell.strip() for cell in row]
        filled = [cell for cell in cells if cell]
        if not filled or any(NUMBER_OR_DATE.fullmatch(cell) or "@" in cell for cell in filled):
            continue
        if len(filled) < width / 2:
            continue
        known = sum(is_known(cell) or plain(cell) in telling for cell in filled)
        candidates.append((known / len(filled) + 0.01 * known, -number))
    if not candidates:
        return Header(0, [f"column_{at + 1}" for at in range(width)])
    _, number = max(candidates)
    return Header(-number + 1, unique_names(rows[-number]))


def unique_names(cells: list[str]) -> list[str]:
    """Return the names in a header, made unique without regard to case; none is empty."""
    names: list[str] = []
    taken: set[str] = set()
    for at, cell in enumerate(cells):
        name = " ".join(cell.replace("\ufeff", "").split()) or f"column_{at + 1}"
        unique, copies = name, 1
        while unique.casefold() in taken:
            copies += 1
            unique = f"{name} ({copies})"
        taken.add(unique.casefold())
        names.append(unique)
    return names


def is_footer(cells: list[str]) -> bool:
    """Return whether a row is the line of totals below a table."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and is_total_word(filled[0]) and len(filled) < max(len(cells), 3)


def is_remark(cells: list[str], expected: int, *, is_apart: bool) -> bool:
    """Return whether a short line may be a remark below a table, such as when it was made.

    One that stands apart, after an empty line, or one cell that is a sentence; a row of which the end
    is missing is neither.
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or len(filled) * 2 > expected:
        return False
    is_sentence = len(filled) == 1 and re.search(r"[^\W\d_]{2,}[ :]", filled[0])
    return is_apart or bool(is_sentence)


def check_surplus(name: str, header: Header, rows: list[list[str]]) -> Header:
    """Return the header, with a column more where every row ends in a separator.

    Raises:
        NotUsableError: every row has more fields than the header, as unquoted amounts make.
    """
    counts = {len(row) for row in rows if any(cell.strip() for cell in row)}
    surplus = len(header.names) + 1
    if counts != {surplus}:
        if counts and min(counts) > len(header.names):
            raise NotUsableError(
                f"{name}: every row has more fields than the header has names; quote the fields"
                " that hold the separator, and export again"
            )
        return header
    empty_ends = all(not row[-1].strip() for row in rows if len(row) == surplus)
    shifted = any(
        re.fullmatch(r"\d{1,3}", left.strip()) and re.fullmatch(r"\d{1,3}(\.\d+)?", right.strip())
        for row in rows
        for left, right in pairwise(row)
    )
    if not empty_ends or shifted:
        raise NotUsableError(
            f"{name}: every row has one field more than the header has names, which unquoted"
            " amounts like 1,234.50 cause; export again with quotes or another separator"
        )
    return Header(header.line, [*header.names, f"column_{surplus}"])
