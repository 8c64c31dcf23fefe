"""Compare a mart with its expected content: every row both ways, every expected column."""

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pandas as pd

RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12  # for doubles whose exact value is 0


def compare(
    mart: pd.DataFrame,
    expected: pd.DataFrame,
    key: list[str],
    relation: str = "mart",
    limit: int = 20,
) -> list[str]:
    """Return the differences as readable lines, none where the two are equal.

    `key` names the columns that identify a row. Counts, dates, texts and money must be equal
    exactly, doubles to 1e-9 of their size; NULL (None, NaN, NaT) equals NULL only. A row or an
    expected column that the other side lacks, and a repeated key, are differences; further columns
    of the mart are not looked at. Beyond `limit` lines only their number is given.
    """
    missing = [column for column in expected.columns if column not in mart.columns]
    if missing:
        return [f"{relation}: column {column} is missing" for column in missing]
    mart, expected = _without_equal_rows(mart, expected, key)
    differences = list(_differences(mart, expected, key, relation))
    more = len(differences) - limit
    return differences[:limit] + ([f"{relation}: and {more} more"] if more > 0 else [])


def _without_equal_rows(
    mart: pd.DataFrame, expected: pd.DataFrame, key: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave out the rows that are equal at first sight; what is left is looked at cell by cell.

    The rows of large relations are nearly all equal, and cells are a hundred times slower.
    """
    if len(mart) != len(expected) or not len(mart):
        return mart, expected
    mart, expected = (
        frame[list(expected.columns)].sort_values(key, ignore_index=True)
        for frame in (mart, expected)
    )
    if mart.duplicated(key).any() or expected.duplicated(key).any():
        return mart, expected
    equal = {column: _equal_at_sight(mart[column], expected[column]) for column in expected}
    if not all(equal[column].all() for column in key):
        return mart, expected
    differs = ~np.logical_and.reduce(list(equal.values()))
    return mart[differs], expected[differs]


def _equal_at_sight(actual: pd.Series, expected: pd.Series) -> np.ndarray:
    """Whether cells are equal beyond doubt: of kinds that compare without conversion, and equal."""
    both_null = (actual.isna() & expected.isna()).to_numpy()
    if _holds_numbers(actual) and _holds_numbers(expected):
        tolerance = RELATIVE_TOLERANCE if pd.api.types.is_float_dtype(expected) else 0
        numbers = (side.to_numpy(dtype=float, na_value=np.nan) for side in (actual, expected))
        return np.isclose(*numbers, rtol=tolerance, atol=0) | both_null
    if actual.dtype.kind != expected.dtype.kind:
        return both_null
    neither_null = (actual.notna() & expected.notna()).to_numpy()
    same = np.asarray(actual.to_numpy() == expected.to_numpy(), dtype=bool)
    return (same & neither_null) | both_null


def _holds_numbers(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _differences(
    mart: pd.DataFrame, expected: pd.DataFrame, key: list[str], relation: str
) -> Iterator[str]:
    actual_rows, expected_rows = {}, {}
    readers = {column: _reader_for(expected[column]) for column in expected.columns}
    for rows, frame, side in (
        (actual_rows, mart, "in the mart"),
        (expected_rows, expected, "as expected"),
    ):
        columns = [readers[column](frame[column]) for column in expected.columns]
        for values in zip(*columns, strict=True):
            row = dict(zip(expected.columns, values, strict=True))
            row_key = tuple(row[column] for column in key)
            if row_key in rows:
                yield f"{relation} {_named(key, row_key)}: more than one row {side}"
            rows[row_key] = row
    for row_key, wanted in expected_rows.items():
        if row_key not in actual_rows:
            yield f"{relation} {_named(key, row_key)}: row is missing"
            continue
        row = actual_rows[row_key]
        for column, value in wanted.items():
            if not _equal(row[column], value):
                yield (
                    f"{relation} {_named(key, row_key)}: {column} is {_shown(row[column])}, "
                    f"expected {_shown(value)}"
                )
    for row_key in actual_rows:
        if row_key not in expected_rows:
            yield f"{relation} {_named(key, row_key)}: row is not expected"


def _reader_for(expected: pd.Series) -> Callable[[pd.Series], list[Any]]:
    """Return the function that brings a column to the type of an expected one, None for NULL."""
    if pd.api.types.is_bool_dtype(expected):
        convert = bool
    elif pd.api.types.is_float_dtype(expected):
        convert = float
    elif pd.api.types.is_integer_dtype(expected):
        convert = _number
    elif pd.api.types.is_datetime64_dtype(expected):
        convert = _date
    elif any(isinstance(cell, Decimal) for cell in expected):
        convert = _number
    else:
        convert = str

    def read(column: pd.Series) -> list[Any]:
        return [
            None if is_null else convert(cell)
            for cell, is_null in zip(column, column.isna(), strict=True)
        ]

    return read


def _number(cell: Any) -> Any:
    """Exact number of an integer, a decimal, or a float that shows one; other cells as they are."""
    try:
        return Decimal(str(cell))
    except InvalidOperation:
        return cell


def _date(cell: Any) -> date:
    timestamp = pd.Timestamp(cell)
    return timestamp.date() if timestamp == timestamp.normalize() else timestamp


def _equal(actual: Any, expected: Any) -> bool:
    if isinstance(expected, float) and actual is not None:
        return math.isclose(
            actual, expected, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE
        )
    return actual == expected


def _named(key: Iterable[str], row_key: tuple) -> str:
    return ", ".join(f"{name}={_shown(part)}" for name, part in zip(key, row_key, strict=True))


def _shown(value: Any) -> str:
    if value is None:
        return "NULL"
    return repr(value) if isinstance(value, str | float | np.floating) else str(value)
