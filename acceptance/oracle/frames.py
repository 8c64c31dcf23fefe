"""Columns of the relations: Decimal money, datetime64 dates, float rates with NaN as NULL."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd


def money(units: np.ndarray) -> pd.Series:
    """Integer units as Decimal with four decimal places."""
    distinct, position = np.unique(np.asarray(units, dtype=np.int64), return_inverse=True)
    decimals = np.empty(len(distinct), dtype=object)
    decimals[:] = [Decimal(int(amount)).scaleb(-4) for amount in distinct]
    return pd.Series(decimals[position], dtype=object)


def money_or_null(units: np.ndarray) -> pd.Series:
    """Units as Decimal with four decimal places, None where they are NaN."""
    amounts = money(np.nan_to_num(units).astype(np.int64))
    amounts[np.isnan(units)] = None
    return amounts


def dates(days: Iterable[date | None]) -> pd.Series:
    """Calendar dates as datetime64[s], which also holds the years that nanoseconds do not."""
    return pd.Series(np.array(list(days), dtype="datetime64[s]"))


def texts(values: Iterable[str | None]) -> pd.Series:
    """Texts as objects, None for NULL."""
    return pd.Series(list(values), dtype=object)


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient of two arrays of numbers, NaN (NULL) where the denominator is 0."""
    numerator = np.asarray(numerator, dtype=float)
    denominator = np.asarray(denominator, dtype=float)
    return np.divide(
        numerator,
        denominator,
        out=np.full(len(numerator), np.nan),
        where=denominator != 0,
    )
