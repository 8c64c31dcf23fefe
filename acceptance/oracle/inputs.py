"""Raw rows of text become accepted rows; every other row is rejected with a reason or dropped.

Each input is read row by row: exact copies are dropped first, then each row is checked on its own,
then rows that share an id are reduced to one.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pandas as pd

from acceptance.oracle.currencies import Exchange, check_size, convert
from acceptance.oracle.records import EARLIEST, UNBELIEVABLE_CENTS, Record, UnusableError
from acceptance.oracle.settings import Settings

TIMESTAMP = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"([T ](?P<time>\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?) ?(?P<offset>Z|[+-]\d{2}(:?\d{2})?)?)?",
    re.IGNORECASE,
)
AMOUNT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
# With three digits after it, a point could separate thousands.
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
LARGEST_CENTS = 10**18 - 1  # the largest value of decimal(18,2)
EARLIEST_DAY = date(1900, 1, 1)
# What people and programs write where there is nothing.
NULL_WORDS = {"", "-", "null", "\\n", "na", "n/a", "#n/a", "nan", "nat", "none"}
LARGEST_RATE = 10**6
AMOUNTS_OF_ORDERS = ("discount_amount", "shipping_amount", "tax_amount", "cost_amount")


# The columns that each input is read for, besides segment attributes.
READ_COLUMNS = {
    "raw_orders": (
        *("order_id", "customer_id", "ordered_at", "gross_amount", "status", "currency", "email"),
        *AMOUNTS_OF_ORDERS,
    ),
    "raw_customers": ("customer_id", "email", "created_at", "referred_by_customer_id"),
    "raw_refunds": ("refund_id", "order_id", "refunded_at", "amount"),
    "raw_costs": ("spent_on", "purpose", "amount", "channel", "currency"),
    "raw_exchange_rates": ("currency", "valid_from", "rate"),
    "raw_survey_responses": ("response_id", "customer_id", "responded_at", "score", "touchpoint"),
}


def _normalised(column: str, value: str | None) -> str | None:
    """A text as it is compared: some columns know no capitals."""
    if value and column in ("status", "email", "purpose"):
        return value.lower()
    return value.upper() if value and column == "currency" else value


def email_hash(record: Record) -> str:
    """The one-way key of a record's address, empty without one."""
    address = record.text_of("email")
    return hashlib.sha256(address.lower().encode()).hexdigest() if address else ""


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
    """Amount in cents, rounded half up. Raises ValueError where the text is no amount.

    Text that could be thousands is none.
    """
    if THOUSANDS.fullmatch(text) or not AMOUNT.fullmatch(text):
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


def _records(
    raw: pd.DataFrame | None, name: str, required: tuple[str, ...], settings: Settings
) -> list[Record] | None:
    if raw is None:
        return None
    missing = [column for column in required if column not in raw.columns]
    if missing:
        raise ValueError(f"{name} has no column {missing[0]}: add it to the input")
    # NA can be Namibia among the attributes of customers, and none a loyalty tier.
    nothing = {
        column: NULL_WORDS - ({"na", "none"} if column in settings.segment_columns else set())
        for column in raw.columns
    }
    records = []
    read = {*READ_COLUMNS[name], *settings.segment_columns} if name else set(raw.columns)
    for row in raw.fillna("").itertuples(index=False, name=None):
        values = {
            column: None if cell.lower() in nothing[column] else cell
            for column, cell in zip(raw.columns, map(str.strip, row), strict=True)
        }
        text = json.dumps(sorted((k, _normalised(k, v)) for k, v in values.items() if k in read))
        records.append(Record(values, text))
    return records


def raw_records(raw: pd.DataFrame | None, settings: Settings) -> list[Record]:
    """All rows of an input as records, unjudged."""
    return _records(raw, "", (), settings) or []


def _read(
    records: list[Record] | None,
    key: str | None,
    check: Callable[[Record], None],
    rank: Callable[[Record], tuple] = lambda record: (),
    keyless_copies: bool = True,
) -> Reading:
    """Judge every record; `key` names the column that identifies one, None where there is none.

    Records that say the same are copies: usable ones by what they were read as, which is their
    `rank`, the others by their text. Of usable ones that differ the greatest `rank` is accepted.
    """
    reading = Reading(records or [], is_given=records is not None)
    seen: set[object] = set()
    usable: dict[str, list[Record]] = defaultdict(list)
    for number, record in enumerate(reading.raw):
        identifier = record.text_of(key) if key else str(number)
        try:
            if identifier is None:
                raise UnusableError(f"{key} is empty")
            check(record)
            content: object = (identifier, rank(record))
            reason = None
        except UnusableError as error:
            content, reason = record.text, str(error)
        if key and (identifier or keyless_copies) and content in seen:
            reading.dropped.append(record)
            continue
        seen.add(content)
        if reason is None:
            usable[identifier].append(record)
        else:
            reading.rejected.append((record, reason))
    for group in usable.values():
        kept = max(group, key=rank)
        reading.accepted.append(kept)
        reading.rejected += [
            (record, f"another row with the same {key} was kept")
            for record in group
            if record is not kept
        ]
    return reading


def _set_time(record: Record, column: str, settings: Settings) -> None:
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


def read_orders(raw: pd.DataFrame, settings: Settings, exchange: Exchange) -> Reading:
    """Read orders; `parsed` of an accepted one holds amounts in cents, `rate` and `is_purchase`.

    Amounts of accepted orders are in the reporting currency. A cost of goods that is not given is
    unknown (None), other amounts are then 0.
    """
    excluded = {status.strip().lower() for status in settings.excluded_statuses}

    def check(record: Record) -> None:
        _set_time(record, "ordered_at", settings)
        record.cents = _required_amount(record, "gross_amount")
        for column in AMOUNTS_OF_ORDERS:
            record.parsed[column] = _amount(record, column)
        if settings.as_of_date and record.day > settings.as_of_date:
            raise UnusableError("ordered_at is after the as-of date")
        if record.day > settings.latest_possible_date:
            raise UnusableError("ordered_at is in the future")
        record.parsed["is_purchase"] = (record.text_of("status") or "").lower() not in excluded

    def rank(record: Record) -> tuple:
        amounts = (record.parsed[column] for column in AMOUNTS_OF_ORDERS)
        texts = ("status", "currency", "customer_id")
        return (
            record.instant,
            record.day,
            record.cents,
            *(-1 if amount is None else amount for amount in amounts),
            *(_normalised(column, record.text_of(column)) or "" for column in texts),
            *(record.text_of(column) or "" for column in settings.segment_columns),
            email_hash(record),
        )

    required = ("order_id", "customer_id", "ordered_at", "gross_amount")
    records = _records(raw, "raw_orders", required, settings)
    reading = _read(records, "order_id", check, rank, keyless_copies=False)
    # The newest record of an order decides, also where its money cannot be converted.
    newest, reading.accepted = reading.accepted, []
    for record in newest:
        try:
            record.parsed["rate"] = exchange.rate(record, record.cents)
            reading.accepted.append(record)
        except UnusableError as error:
            reading.rejected.append((record, str(error)))
    for record in reading.accepted:
        rate = record.parsed["rate"]
        record.cents = convert(record.cents, rate)
        for column in AMOUNTS_OF_ORDERS:
            record.parsed[column] = convert(record.parsed[column], rate)
            if column != "cost_amount":
                record.parsed[column] = record.parsed[column] or 0
    return reading


def read_refunds(
    raw: pd.DataFrame | None,
    settings: Settings,
    rates: dict[str, Decimal],
    as_of_date: date | None,
) -> Reading:
    """Read refunds of the accepted orders in `rates` that are known by the as-of date.

    `rates` holds the exchange rate of each accepted order, which converts its refunds.
    """

    def check(record: Record) -> None:
        order_id = record.text_of("order_id")
        if order_id is None:
            raise UnusableError("order_id is empty")
        _set_time(record, "refunded_at", settings)
        record.cents = _required_amount(record, "amount")
        if order_id not in rates:
            raise UnusableError("order_id names no accepted order")
        check_size(rates[order_id], record.cents)
        _check_known(record, "refunded_at", as_of_date)

    required = ("refund_id", "order_id", "refunded_at", "amount")
    records = _records(raw, "raw_refunds", required, settings)
    reading = _read(
        records,
        "refund_id",
        check,
        lambda record: (record.instant, record.day, record.cents, record.text_of("order_id")),
    )
    for record in reading.accepted:
        record.cents = convert(record.cents, rates[record.text_of("order_id")])
    return reading


def read_customers(raw: pd.DataFrame | None, settings: Settings) -> Reading:
    """Read customers; one that shares its id is judged by `created_at`, where that can be read."""

    def check(record: Record) -> None:
        try:
            _set_time(record, "created_at", settings)
        except UnusableError:
            record.instant = EARLIEST

    def rank(record: Record) -> tuple:
        return (
            record.instant,
            *(record.text_of(column) or "" for column in settings.segment_columns),
            record.text_of("referred_by_customer_id") or "",
            email_hash(record),
        )

    records = _records(raw, "raw_customers", ("customer_id",), settings)
    return _read(records, "customer_id", check, rank)


def read_costs(
    raw: pd.DataFrame | None,
    settings: Settings,
    as_of_date: date | None,
    first_period_start: date | None,
    exchange: Exchange,
) -> Reading:
    """Read costs, in the reporting currency; they have no id, so two equal rows are two costs."""

    def check(record: Record) -> None:
        _set_time(record, "spent_on", settings)
        purpose = (record.text_of("purpose") or "").lower()
        if purpose not in ("acquisition", "retention"):
            raise UnusableError("purpose is neither acquisition nor retention")
        record.parsed["purpose"] = purpose
        record.cents = _required_amount(record, "amount")
        _check_known(record, "spent_on", as_of_date, first_period_start)
        record.parsed["rate"] = exchange.rate(record, record.cents)

    required = ("spent_on", "purpose", "amount")
    reading = _read(_records(raw, "raw_costs", required, settings), None, check)
    for record in reading.accepted:
        record.cents = convert(record.cents, record.parsed["rate"])
    return reading


def read_exchange_rates(raw: pd.DataFrame | None, settings: Settings) -> Reading:
    """Read exchange rates; of several for a currency and day the greatest is accepted."""

    def check(record: Record) -> None:
        if record.text_of("currency") is None:
            raise UnusableError("currency is empty")
        _set_time(record, "valid_from", settings)
        text = record.text_of("rate") or ""
        if not AMOUNT.fullmatch(text) or not 0 < Decimal(text) < LARGEST_RATE:
            raise UnusableError("rate is no number between 0 and a million")
        record.parsed["rate"] = Decimal(text)

    records = _records(raw, "raw_exchange_rates", ("currency", "valid_from", "rate"), settings)
    for record in records or []:
        record.values["content"] = record.text
    reading = _read(
        records,
        "content",
        check,
        lambda record: (record.text_of("currency").upper(), record.instant, record.parsed["rate"]),
    )
    best: dict[tuple[str, date], Record] = {}
    for record in reading.accepted:
        key = (record.text_of("currency").upper(), record.day)
        if key not in best or record.parsed["rate"] > best[key].parsed["rate"]:
            best[key] = record
    used = [id(record) for record in best.values()]
    reading.rejected += [
        (record, "another rate of this currency is used for this date")
        for record in reading.accepted
        if id(record) not in used
    ]
    reading.accepted = list(best.values())
    return reading


def read_survey_responses(
    raw: pd.DataFrame | None,
    settings: Settings,
    as_of_date: date | None,
    first_period_start: date | None,
) -> Reading:
    """Read survey responses; `parsed` of an accepted one holds its score, 0 to 10."""

    def check(record: Record) -> None:
        _set_time(record, "responded_at", settings)
        text = record.text_of("score")
        if text is None:
            raise UnusableError("score is empty")
        if not AMOUNT.fullmatch(text) or Decimal(text) not in range(11):
            raise UnusableError("score is no whole number from 0 to 10")
        record.parsed["score"] = int(Decimal(text))
        _check_known(record, "responded_at", as_of_date, first_period_start)

    required = ("response_id", "customer_id", "responded_at", "score")
    records = _records(raw, "raw_survey_responses", required, settings)
    return _read(
        records,
        "response_id",
        check,
        lambda record: (
            record.instant,
            record.day,
            record.parsed["score"],
            record.text_of("customer_id") or "",
            record.text_of("touchpoint") or "",
        ),
    )
