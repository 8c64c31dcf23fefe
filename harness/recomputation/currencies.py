"""Exchange rates, and what an amount is worth in the reporting currency."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd

from harness.recomputation.inputs import (
    AMOUNT,
    Reading,
    Record,
    UnusableError,
    read_records,
    records_of,
    set_time,
)
from harness.recomputation.settings import Settings


@dataclass(frozen=True)
class Rates:
    """Rates to the reporting currency: of each currency (first day, rate) in order of the days.

    `reporting_currency` is None where the orders name several and nobody said which one is meant.
    """

    reporting_currency: str | None
    by_currency: dict[str, list[tuple[date, Decimal]]]

    def rate_on(self, currency: str | None, day: date) -> Decimal:
        """Rate of a currency that is valid on a day, 1 where no currency is named.

        Raises UnusableError where there is none.
        """
        if currency is None or currency.upper() == self.reporting_currency:
            return Decimal(1)
        if self.reporting_currency is None:
            raise UnusableError("several currencies came in and reporting_currency is not set")
        valid = [rate for first, rate in self.by_currency.get(currency.upper(), []) if first <= day]
        if not valid:
            raise UnusableError("no exchange rate of the currency is valid on the date")
        return valid[-1]


def read_exchange_rates(raw: pd.DataFrame | None, settings: Settings) -> Reading:
    """Read exchange rates; of several for one currency and day the greatest is used."""

    def check(record: Record) -> tuple:
        currency = record.text_of("currency")
        if currency is None:
            raise UnusableError("currency is empty")
        set_time(record, "valid_from", settings)
        text = record.text_of("rate")
        if text is None:
            raise UnusableError("rate is empty")
        rate = Decimal(text) if AMOUNT.fullmatch(text) else 0
        if not 0 < rate < 1_000_000:
            raise UnusableError("rate is no number greater than 0 and below a million")
        record.parsed["rate"] = rate
        return currency.upper(), record.day

    records = records_of(raw, "raw_exchange_rates", ("currency", "valid_from", "rate"), settings)
    return read_records(records, check, rank=lambda record: record.parsed["rate"])


def open_rates(raw: dict[str, pd.DataFrame], reading: Reading, settings: Settings) -> Rates:
    """Rates of the accepted records, and the reporting currency: the setting or the only one.

    The currency of the costs is asked for where the orders name none.
    """
    by_currency = defaultdict(list)
    for record in sorted(reading.accepted, key=lambda record: record.day):
        by_currency[record.text_of("currency").upper()].append((record.day, record.parsed["rate"]))
    named = _currencies(raw["orders"], settings) or _currencies(raw.get("costs"), settings)
    reporting = settings.reporting_currency or (named.pop() if len(named) == 1 else None)
    return Rates(reporting and reporting.upper(), by_currency)


def _currencies(raw: pd.DataFrame | None, settings: Settings) -> set[str]:
    named = {record.text_of("currency") for record in records_of(raw, "", (), settings) or []}
    return {currency.upper() for currency in named - {None}}
