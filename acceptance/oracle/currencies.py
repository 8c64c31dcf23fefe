"""Amounts in other currencies, converted to the reporting currency."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from acceptance.oracle.records import UNBELIEVABLE_UNITS, Record, UnusableError
from acceptance.oracle.settings import Settings


@dataclass(frozen=True)
class Exchange:
    """The reporting currency and the rates to it.

    `currency` is None where the input names none or several and no setting says which one counts.
    `rates` maps a currency to its (first day, rate) in the order of the days.
    """

    currency: str | None
    rates: dict[str, list[tuple[date, Decimal]]]

    def rate(self, record: Record, *amounts: int) -> Decimal:
        """Rate of a record's currency on its day; 1 where it names none.

        Raises UnusableError where there is no rate, or an amount (units) becomes too large.
        """
        currency = currency_of(record)
        rate = Decimal(1)
        if currency and self.currency is None:
            raise UnusableError("several currencies came in and reporting_currency is not set")
        if currency and currency != self.currency:
            valid = [rate for day, rate in self.rates.get(currency, []) if day <= record.day]
            if not valid:
                raise UnusableError("no exchange rate of the currency is valid on the date")
            rate = valid[-1]
        check_size(rate, *amounts)
        return rate


def currency_of(record: Record) -> str | None:
    """The currency a record names, in upper case; None where it names none."""
    return (record.text_of("currency") or "").upper() or None


def check_size(rate: Decimal, *amounts: int) -> None:
    """Refuse amounts in units that a rate makes a trillion or more."""
    if any(amount * rate >= UNBELIEVABLE_UNITS for amount in amounts):
        raise UnusableError("an amount is a trillion or more in the reporting currency")


def convert(units: int | None, rate: Decimal) -> int | None:
    """Units of the reporting currency, rounded half up; an unknown amount stays unknown."""
    return None if units is None else int((units * rate).to_integral_value(ROUND_HALF_UP))


def open_exchange(
    orders: list[Record], costs: list[Record], rates: list[Record], settings: Settings
) -> Exchange:
    """Find the reporting currency in the orders and costs that came in; sort the rates."""
    currency = settings.reporting_currency.upper() or None
    if currency is None:
        named = _currencies(orders) or _currencies(costs)
        currency = named.pop() if len(named) == 1 else None
    by_currency: dict[str, list[tuple[date, Decimal]]] = {}
    for record in sorted(rates, key=lambda record: record.day):
        entry = (record.day, record.parsed["rate"])
        by_currency.setdefault(record.text_of("currency").upper(), []).append(entry)
    return Exchange(currency, by_currency)


def _currencies(records: list[Record]) -> set[str]:
    return {currency_of(record) for record in records} - {None}
