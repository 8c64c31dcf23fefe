"""Raw rows of text become accepted rows; every other row is rejected with a reason or dropped.

Each input is read row by row: exact copies are dropped first, then each row is checked on its own,
then rows that share an id are reduced to one.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from harness.recomputation.settings import Settings

if TYPE_CHECKING:
    from harness.recomputation.currencies import Rates

TIMESTAMP = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"([T ](?P<time>\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?) ?(?P<offset>Z|[+-]\d{2}(:?\d{2})?)?)?",
    re.IGNORECASE,
)
AMOUNT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")
LARGEST_CENTS = 10**18 - 1  # the largest value of decimal(18,2)
UNBELIEVABLE_CENTS = 10**14  # a trillion
EARLIEST_DAY = date(1900, 1, 1)
# What people and programs write where there is nothing.
WORDS_FOR_NOTHING = {"", "-", "null", "\\n", "na", "n/a", "#n/a", "nan", "nat", "none"}
EARLIEST = datetime.min.replace(tzinfo=UTC)


class UnusableError(Exception):
    """A row cannot be used; the message is the reason."""


@dataclass
class Record:
    """One raw row: `values` are trimmed texts (None where blank), `text` is the row as JSON.

    `instant`, `day`, `cents` and `parsed` are filled by the reader of the input.
    """

    values: dict[str, str | None]
    text: str
    instant: datetime = EARLIEST
    day: date | None = None
    cents: int = 0
    parsed: dict = field(default_factory=dict)

    def text_of(self, column: str) -> str | None:
        """Trimmed text of a column; None where it is blank or the input has no such column."""
        return self.values.get(column)


@dataclass
class Reading:
    """What became of the rows of one input: every raw row is in exactly one of the other lists."""

    raw: list[Record]
    is_given: bool = True
    accepted: list[Record] = field(default_factory=list)
    dropped: list[Record] = field(default_factory=list)
    rejected: list[tuple[Record, str]] = field(default_factory=list)


def parse_timestamp(text: str, timezone: ZoneInfo) -> tuple[datetime, date]:
    """Instant and calendar date, in the reporting time zone, of an ISO 8601 date or timestamp.

    A timestamp without offset is UTC. A bare date is a calendar date already: it is never shifted,
    and its instant is its midnight. Raises ValueError where the text is neither.
    """
    match = TIMESTAMP.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no date")
    day = date.fromisoformat(match["date"])
    if match["time"] is None:
        return datetime.combine(day, time(), timezone), day
    offset = (match["offset"] or "Z").upper()
    moment = datetime.fromisoformat(f"{day}T{match['time']}{offset}")
    try:
        return moment, moment.astimezone(timezone).date()
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range") from error


def parse_cents(text: str) -> int:
    """Amount in cents, rounded half up. Raises ValueError where the text is no amount."""
    if not AMOUNT.fullmatch(text):
        raise ValueError(f"{text!r} is no amount")
    cents = int((Decimal(text) * 100).to_integral_value(ROUND_HALF_UP))
    if abs(cents) > LARGEST_CENTS:
        raise ValueError(f"{text!r} is too large")
    return cents


def readable_cents(text: str | None) -> int:
    """Amount in cents, 0 where there is none that can be read."""
    try:
        return parse_cents(text) if text else 0
    except ValueError:
        return 0


def records_of(
    raw: pd.DataFrame | None, name: str, required: tuple[str, ...], settings: Settings
) -> list[Record] | None:
    """Rows of an input as records; None where it is not given."""
    if raw is None:
        return None
    missing = [column for column in required if column not in raw.columns]
    if missing:
        raise ValueError(f"{name} has no column {missing[0]}: add it to the input")
    nothing = {
        column: WORDS_FOR_NOTHING
        - ({"na", "none"} if column in settings.segment_columns else set())
        for column in raw.columns
    }
    records = []
    for row in raw.fillna("").itertuples(index=False, name=None):
        values = {
            column: None if text.lower() in nothing[column] else text
            for column, text in zip(raw.columns, map(str.strip, row), strict=True)
        }
        shown = {column: value for column, value in values.items() if column != "email"}
        text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
        text += values.get("email") or ""
        records.append(Record(values, text))
    return records


def latest_then_largest(record: Record) -> tuple:
    """Of records with one identity, the one that is used: the latest, then the largest amount."""
    return record.instant, record.cents, record.text


def read_records(
    records: list[Record] | None,
    check: Callable[[Record], Hashable],
    rank: Callable[[Record], Any] = latest_then_largest,
    *,
    drops_copies: bool = True,
) -> Reading:
    """Judge every record.

    `check` reads one and returns what identifies it, or raises UnusableError. Of records with one
    identity the one that ranks highest is accepted.
    """
    reading = Reading(records or [], is_given=records is not None)
    seen: set[str] = set()
    usable: dict[Hashable, list[Record]] = defaultdict(list)
    for record in reading.raw:
        if drops_copies and record.text in seen:
            reading.dropped.append(record)
            continue
        seen.add(record.text)
        try:
            usable[check(record)].append(record)
        except UnusableError as error:
            reading.rejected.append((record, str(error)))
    for identity, group in usable.items():
        kept = max(group, key=rank)
        reading.accepted.append(kept)
        reading.rejected += [
            (record, f"another record of {identity} was kept")
            for record in group
            if record is not kept
        ]
    return reading


def _id(record: Record, column: str) -> str:
    identifier = record.text_of(column)
    if identifier is None:
        raise UnusableError(f"{column} is empty")
    return identifier


def set_time(record: Record, column: str, settings: Settings) -> None:
    """Fill in the instant and the day of a record. Raises UnusableError where there is none."""
    text = record.text_of(column)
    if text is None:
        raise UnusableError(f"{column} is empty")
    try:
        record.instant, record.day = parse_timestamp(text, settings.timezone)
    except ValueError as error:
        raise UnusableError(f"{column} cannot be read") from error
    if record.day < EARLIEST_DAY:
        raise UnusableError(f"{column} is before 1900")


def _check_known(
    record: Record, column: str, as_of_date: date | None, first_period_start: date | None = None
) -> None:
    if as_of_date is None or record.day > as_of_date:
        raise UnusableError(f"{column} is after the as-of date")
    if first_period_start and record.day < first_period_start:
        raise UnusableError(f"{column} is before the first period with an order")


def _amount(record: Record, column: str) -> int | None:
    """Amount in cents, None where it is empty."""
    text = record.text_of(column)
    if text is None:
        return None
    try:
        cents = parse_cents(text)
    except ValueError as error:
        raise UnusableError(f"{column} cannot be read") from error
    if cents < 0:
        raise UnusableError(f"{column} is negative")
    if cents >= UNBELIEVABLE_CENTS:
        raise UnusableError(f"{column} is a trillion or more")
    return cents


def _required_amount(record: Record, column: str) -> int:
    cents = _amount(record, column)
    if cents is None:
        raise UnusableError(f"{column} is empty")
    return cents


def _converted(cents: int, rate: Decimal) -> int:
    """Cents in the reporting currency, rounded half up."""
    exact = cents * rate
    if exact >= UNBELIEVABLE_CENTS:
        raise UnusableError("an amount is a trillion or more in the reporting currency")
    return int(exact.to_integral_value(ROUND_HALF_UP))


def read_orders(raw: pd.DataFrame, settings: Settings, rates: "Rates") -> Reading:
    """Read orders; `parsed` of an accepted one holds its amounts in cents and `is_purchase`.

    A cost of goods that is not given is unknown (None), other amounts are then 0. `rate` converts
    the order's currency: its amounts are in the reporting currency.
    """
    excluded = {status.strip().lower() for status in settings.excluded_statuses}

    def check(record: Record) -> str:
        order_id = _id(record, "order_id")
        set_time(record, "ordered_at", settings)
        record.cents = _required_amount(record, "gross_amount")
        amounts = {"gross_amount": record.cents}
        for column in ("discount_amount", "shipping_amount", "tax_amount"):
            amounts[column] = _amount(record, column) or 0
        amounts["cost_amount"] = _amount(record, "cost_amount")
        if settings.as_of_date and record.day > settings.as_of_date:
            raise UnusableError("ordered_at is after the as-of date")
        if record.day > settings.latest_possible_date:
            raise UnusableError("ordered_at is in the future")
        record.parsed["rate"] = rates.rate_on(record.text_of("currency"), record.day)
        for column, cents in amounts.items():
            record.parsed[column] = (
                None if cents is None else _converted(cents, record.parsed["rate"])
            )
        record.parsed["is_purchase"] = (record.text_of("status") or "").lower() not in excluded
        return order_id

    required = ("order_id", "customer_id", "ordered_at", "gross_amount")
    return read_records(records_of(raw, "raw_orders", required, settings), check)


def read_refunds(
    raw: pd.DataFrame | None,
    settings: Settings,
    orders: dict[str, Record],
    as_of_date: date | None,
) -> Reading:
    """Read refunds of the accepted `orders` that are known by the as-of date.

    `parsed` holds the amount in cents, converted at the rate of the order.
    """

    def check(record: Record) -> str:
        refund_id = _id(record, "refund_id")
        order_id = _id(record, "order_id")
        set_time(record, "refunded_at", settings)
        record.cents = _required_amount(record, "amount")
        if order_id not in orders:
            raise UnusableError("order_id names no accepted order")
        _check_known(record, "refunded_at", as_of_date)
        record.parsed["amount"] = _converted(record.cents, orders[order_id].parsed["rate"])
        return refund_id

    required = ("refund_id", "order_id", "refunded_at", "amount")
    return read_records(records_of(raw, "raw_refunds", required, settings), check)


def read_customers(raw: pd.DataFrame | None, settings: Settings) -> Reading:
    """Read customers; one that shares its id is judged by `created_at`, where that can be read."""

    def check(record: Record) -> str:
        customer_id = _id(record, "customer_id")
        try:
            set_time(record, "created_at", settings)
        except UnusableError:
            record.instant = EARLIEST
        return customer_id

    return read_records(records_of(raw, "raw_customers", ("customer_id",), settings), check)


def read_costs(
    raw: pd.DataFrame | None,
    settings: Settings,
    rates: "Rates",
    as_of_date: date | None,
    first_period_start: date | None,
) -> Reading:
    """Read costs; they have no id, so two equal rows are two equal costs.

    `parsed` holds the purpose and the amount in cents of the reporting currency.
    """

    def check(record: Record) -> int:
        set_time(record, "spent_on", settings)
        purpose = (record.text_of("purpose") or "").lower()
        if purpose not in ("acquisition", "retention"):
            raise UnusableError("purpose is neither acquisition nor retention")
        record.parsed["purpose"] = purpose
        record.cents = _required_amount(record, "amount")
        _check_known(record, "spent_on", as_of_date, first_period_start)
        rate = rates.rate_on(record.text_of("currency"), record.day)
        record.parsed["amount"] = _converted(record.cents, rate)
        return id(record)

    required = ("spent_on", "purpose", "amount")
    records = records_of(raw, "raw_costs", required, settings)
    return read_records(records, check, drops_copies=False)


def read_survey_responses(
    raw: pd.DataFrame | None,
    settings: Settings,
    as_of_date: date | None,
    first_period_start: date | None,
) -> Reading:
    """Read survey responses; `parsed` of an accepted one holds its score, 0 to 10."""

    def check(record: Record) -> str:
        response_id = _id(record, "response_id")
        set_time(record, "responded_at", settings)
        text = record.text_of("score")
        if text is None:
            raise UnusableError("score is empty")
        if not AMOUNT.fullmatch(text) or Decimal(text) not in range(11):
            raise UnusableError("score is no whole number from 0 to 10")
        record.parsed["score"] = int(Decimal(text))
        _check_known(record, "responded_at", as_of_date, first_period_start)
        return response_id

    required = ("response_id", "customer_id", "responded_at", "score")
    return read_records(records_of(raw, "raw_survey_responses", required, settings), check)
