"""Raw rows of text become accepted rows; every other row is rejected with a reason or dropped.

Each input is read row by row: exact copies are dropped first, then each row is checked on its own,
then rows that share an id are reduced to one.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pandas as pd

from acceptance.oracle.currencies import Exchange, check_size, convert, currency_of
from acceptance.oracle.identity import address_of, email_kind, is_guest
from acceptance.oracle.records import (
    EARLIEST,
    UNBELIEVABLE_UNITS,
    UNITS_OF_ONE,
    Record,
    UnusableError,
)
from acceptance.oracle.settings import Settings

TIMESTAMP = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"([T ](?P<time>\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?) ?(?P<offset>Z|[+-]\d{2}(:?\d{2})?)?)?",
    re.IGNORECASE,
)
AMOUNT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
# With three digits after it, a point could separate thousands.
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
LARGEST_UNITS = 10**18 - 1  # the largest value of decimal(18,4)
EARLIEST_DAY = date(1900, 1, 1)
# What people and programs write where there is nothing.
NULL_WORDS = {"", "-", "null", "\\n", "na", "n/a", "#n/a", "nan", "nat", "none"}
LARGEST_RATE = 10**6
UTC = ZoneInfo("UTC")
# Currencies whose smallest unit is not a hundredth (ISO 4217), as far as shops have them.
MINOR_UNITS = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV"), 1
)
MINOR_UNITS |= dict.fromkeys(("XAF", "XOF", "XPF"), 1)
MINOR_UNITS |= dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 1000)
COSTS_OF_ORDERS = ("cost_amount", "fulfilment_cost_amount", "payment_fee_amount")
# What is taken off can be written with a minus, by all of a column.
NEGATABLE = {
    "raw_orders": ("discount_amount", *COSTS_OF_ORDERS),
    "raw_refunds": ("amount", "goods_amount"),
}
CHARGED = ("discount_amount", "shipping_amount")
YES, NO = ("true", "t", "1", "yes", "y"), ("false", "f", "0", "no", "n")
FILE = "retention_file_name"
AMOUNTS_OF_ORDERS = ("discount_amount", "shipping_amount", "tax_amount", *COSTS_OF_ORDERS)


# The columns that each input is read for, besides addresses and attributes.
READ_COLUMNS = {
    "raw_orders": (
        *("order_id", "customer_id", "ordered_at", "gross_amount", "status", "currency"),
        "updated_at",
        *AMOUNTS_OF_ORDERS,
    ),
    "raw_customers": (*("customer_id", "created_at", "updated_at", "referred_by_customer_id"),),
    "raw_refunds": (
        *("refund_id", "order_id", "refunded_at", "amount", "goods_amount", "updated_at"),
    ),
    "raw_order_lines": (
        *("order_id", "product_id", "quantity", "amount", "discount_amount", "cost_amount"),
    ),
    "raw_costs": ("spent_on", "purpose", "amount", "channel", "currency"),
    "raw_exchange_rates": ("currency", "valid_from", "rate"),
    "raw_survey_responses": ("response_id", "customer_id", "responded_at", "score", "touchpoint"),
}


def _normalised(column: str, value: str | None) -> str | None:
    """A text as it is compared: some columns know no capitals."""
    if value and column in ("status", "email", "purpose"):
        return value.lower()
    return value.upper() if value and column == "currency" else value


@dataclass
class Reading:
    """What became of the rows of one input: every raw row is in exactly one of the other lists."""

    raw: list[Record]
    is_given: bool = True
    accepted: list[Record] = field(default_factory=list)
    dropped: list[Record] = field(default_factory=list)
    rejected: list[tuple[Record, str]] = field(default_factory=list)
    undecided: int = 0  # rejected for another that nothing says is newer


def parse_timestamp(text: str, timezone: ZoneInfo, source: ZoneInfo = UTC) -> tuple[datetime, date]:
    """Instant and calendar date, in the reporting time zone, of an ISO 8601 date or timestamp.

    A timestamp without offset is of the `source` time zone. A bare date is a calendar date already:
    it is never shifted, and its instant is its midnight in UTC. Raises ValueError for other texts.
    """
    match = TIMESTAMP.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no date")
    day = date.fromisoformat(match["date"])
    if match["time"] is None:
        return datetime.combine(day, time(), UTC), day
    offset = (match["offset"] or "").upper()
    moment = datetime.fromisoformat(f"{day}T{match['time']}{offset}")
    moment = moment if offset else moment.replace(tzinfo=source)
    try:
        return moment, moment.astimezone(timezone).date()
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range") from error


def parse_units(text: str, minor_units: int = 1, currency: str | None = None) -> int:
    """Amount in units, rounded half up. Raises ValueError where the text is no amount.

    `minor_units` of what is written make one of the currency. Text that could be thousands is no
    amount, but of a currency with three decimals.
    """
    could_be_thousands = THOUSANDS.fullmatch(text) and MINOR_UNITS.get(currency) != 1000
    if could_be_thousands or not AMOUNT.fullmatch(text):
        raise ValueError(f"{text!r} is no amount")
    if abs(Decimal(text)) * UNITS_OF_ONE > LARGEST_UNITS:
        raise ValueError(f"{text!r} is too large")
    return int((Decimal(text) * UNITS_OF_ONE / minor_units).to_integral_value(ROUND_HALF_UP))


def units_of(record: Record, column: str, settings: Settings) -> int | None:
    """Amount of a record in units, None where it is empty.

    Raises ValueError where the text is no amount.
    """
    units = _own_units_of(record, column, settings)
    if record.parsed.get("without_tax") and column in ("gross_amount", *CHARGED):
        part, whole = record.parsed["without_tax"]
        return None if units is None else _share(units, part, whole)
    return units


def _own_units_of(record: Record, column: str, settings: Settings) -> int | None:
    """Amount in units as it is charged; of an order that says nothing, what its lines say."""
    of_lines = record.parsed.get("of_lines", {}).get(column)
    text = record.text_of(column)
    if text is None:
        return of_lines
    currency = currency_of(record) or settings.reporting_currency.upper() or None
    per_one = 1
    if column in settings.minor_units.get(record.input, ()):
        of_order = currency_of(record) or record.parsed.get("currency_of_order") or currency
        per_one = MINOR_UNITS.get(of_order, 100)
    try:
        units = parse_units(text, per_one, currency)
    except ValueError:
        if of_lines is None:
            raise
        return of_lines
    return -units if column in record.negated else units


def _share(units: int, part: int, whole: int) -> int:
    """Units x part / whole, rounded to eight decimal places of money first, then to four."""
    share = (Decimal(units) * part / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return int(share.to_integral_value(ROUND_HALF_UP))


def readable_units(record: Record, column: str, settings: Settings) -> int:
    """Amount in units, 0 where there is none that can be read."""
    try:
        return units_of(record, column, settings) or 0
    except ValueError:
        return 0


def _note_negated(records: list[Record], settings: Settings) -> None:
    """Note the columns of what is taken off that have negative amounts and no positive ones."""
    columns = NEGATABLE.get(records[0].input, ()) if records else ()
    amounts = {
        column: [readable_units(record, column, settings) for record in records]
        for column in columns
    }
    negated = frozenset(
        column for column in columns if min(amounts[column]) < 0 >= max(amounts[column])
    )
    for record in records:
        record.negated = negated


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
        column: NULL_WORDS - ({"na", "none"} if column in settings.attribute_columns else set())
        for column in raw.columns
    }
    records = []
    read = {*READ_COLUMNS[name], *settings.attribute_columns} if name else set(raw.columns)
    for row in raw.fillna("").itertuples(index=False, name=None):
        values = {
            column: None if cell.lower() in nothing[column] else cell
            for column, cell in zip(raw.columns, map(str.strip, row), strict=True)
        }
        if name:
            values |= _of_their_store(values, settings)
        record = Record(values, "", name)
        parts = sorted((k, _normalised(k, v)) for k, v in values.items() if k in read)
        # Of an address it is only read whose it is.
        whose = (address_of(record, settings), email_kind(record, settings)) if name else ()
        record.text = json.dumps([parts, whose])
        records.append(record)
    _note_negated(records, settings)
    return records


def _of_their_store(values: dict[str, str | None], settings: Settings) -> dict[str, str]:
    """Ids that are those of one store only: of orders always, of people where a setting says so."""
    store = values.get("store")
    columns = ["order_id"]
    if not settings.customers_across_stores:
        columns += ["customer_id", "referred_by_customer_id"]
    return {
        column: f"{store}/{values[column]}"
        for column in columns
        if store
        and values.get(column)
        and not (column != "order_id" and is_guest(values[column], settings))
    }


def raw_records(raw: pd.DataFrame | None, settings: Settings) -> list[Record]:
    """All rows of an input as records, unjudged."""
    return _records(raw, "", (), settings) or []


def _read(
    records: list[Record] | None,
    key: str | None,
    check: Callable[[Record], None],
    rank: Callable[[Record], tuple] = lambda record: (),
    keyless_copies: bool = True,
    *,
    version: Callable[[Record], object] | None = None,
    place: Callable[[Record], tuple] = lambda record: (),
) -> Reading:
    """Judge every record; `key` names the column that identifies one, None where there is none.

    Records that say the same are copies: usable ones by what they were read as, which is their
    `rank`, the others by their text. Of usable ones that differ the greatest `rank` is accepted;
    where `version` is given, all of the greatest version are. `place` goes before `rank`, and says
    which of some copies is kept: it holds the file, which is nothing that a record says.
    """
    reading = Reading(records or [], is_given=records is not None)
    seen: set[object] = set()
    usable: dict[str, list[Record]] = defaultdict(list)
    for number, record in enumerate(sorted(reading.raw, key=place, reverse=True)):
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
        newest = max(map(version, group)) if version else None
        best = max(group, key=lambda record: (place(record), rank(record)))
        kept = [
            record for record in group if (version(record) == newest if version else record is best)
        ]
        reading.accepted += kept
        reading.rejected += [
            (record, f"another row with the same {key} was kept")
            for record in group
            if not any(record is one for one in kept)
        ]
    return reading


def _set_time(record: Record, column: str, settings: Settings) -> None:
    text = record.text_of(column)
    if text is None:
        raise UnusableError(f"{column} is empty")
    try:
        source_zone = settings.source_zone(record.input)
        record.instant, record.day = parse_timestamp(text, settings.timezone, source_zone)
    except ValueError as error:
        raise UnusableError(f"{column} cannot be read") from error
    if record.day < EARLIEST_DAY:
        raise UnusableError(f"{column} is before 1900")


def updated_at(record: Record, settings: Settings) -> datetime:
    """When a record was last changed; the earliest time of all where it does not say."""
    try:
        return parse_timestamp(
            record.text_of("updated_at") or "",
            settings.timezone,
            settings.source_zone(record.input),
        )[0]
    except ValueError:
        return EARLIEST


def _latest_of_files(
    records: list[Record], column: str, settings: Settings
) -> dict[str | None, datetime]:
    """The last moment that each file names in a column."""
    latest: dict[str | None, datetime] = {}
    for record in records:
        try:
            text, zone = record.text_of(column) or "", settings.source_zone(record.input)
            moment = parse_timestamp(text, settings.timezone, zone)[0]
        except ValueError:
            continue
        file = record.text_of(FILE)
        if file is not None:
            latest[file] = max(latest.get(file, moment), moment)
    return latest


def _check_known(
    record: Record, column: str, as_of_date: date | None, first_period_start: date | None = None
) -> None:
    if as_of_date is None or record.day > as_of_date:
        raise UnusableError(f"{column} is after the as-of date")
    if first_period_start and record.day < first_period_start:
        raise UnusableError(f"{column} is before the first period with an order")


def _amount(record: Record, column: str, settings: Settings) -> int | None:
    """Amount in units, None where it is empty."""
    try:
        units = units_of(record, column, settings)
    except ValueError as error:
        raise UnusableError(f"{column} cannot be read") from error
    if units is None:
        return None
    if units < 0:
        raise UnusableError(f"{column} is negative")
    if units >= UNBELIEVABLE_UNITS:
        raise UnusableError(f"{column} is a trillion or more")
    return units


def _required_amount(record: Record, column: str, settings: Settings) -> int:
    units = _amount(record, column, settings)
    if units is None:
        raise UnusableError(f"{column} is empty")
    return units


def treatment_of(status: str | None, settings: Settings) -> str:
    """How orders of a status are taken: one without a status is a purchase."""

    def normal(text: str) -> str:
        return re.sub(r"[ _]", "-", text.strip().lower()).removeprefix("wc-")

    if status is None:
        return "purchase"
    if normal(status) in map(normal, settings.excluded_statuses):
        return "no purchase"
    if normal(status) in map(normal, settings.purchase_statuses):
        return "purchase"
    as_purchase = settings.unknown_statuses == "purchase"
    return f"unknown, taken as {'a' if as_purchase else 'no'} purchase"


def _earliest_day(records: list[Record], settings: Settings) -> date:
    """Return the day from which orders count: none of the few that lie years before all others.

    Few are three or a thousandth, and a tenth of all at most; years are more than five.
    """
    days = []
    for record in records:
        try:
            source_zone = settings.source_zone(record.input)
            text = record.text_of("ordered_at") or ""
            day = parse_timestamp(text, settings.timezone, source_zone)[1]
        except ValueError:
            continue
        if EARLIEST_DAY <= day <= settings.latest_possible_date:
            days.append(day)
    days.sort()
    earliest = days[0] if days else EARLIEST_DAY
    for earlier, (before, day) in enumerate(pairwise(days), start=1):
        is_few = 10 * earlier <= len(days) and (earlier <= 3 or 1000 * earlier <= len(days))
        if is_few and (day - before).days > 1826:
            earliest = day
    return earliest


def read_order_lines(
    raw: pd.DataFrame | None, raw_orders: pd.DataFrame, settings: Settings
) -> Reading:
    """Read lines of orders that came in; they have no id, so two equal rows are two lines."""
    orders = {record.text_of("order_id") for record in _raw_orders(raw_orders, settings)} - {None}

    def check(record: Record) -> None:
        record.parsed["is_usable"] = False
        if record.text_of("order_id") is None:
            raise UnusableError("order_id is empty")
        try:
            units = units_of(record, "amount", settings)
        except ValueError as error:
            raise UnusableError("amount cannot be read") from error
        if units is None or units >= UNBELIEVABLE_UNITS:
            raise UnusableError("amount is empty or a trillion or more")
        for column in ("discount_amount", "cost_amount"):
            _amount(record, column, settings)
        record.parsed["is_usable"] = True
        if record.text_of("order_id") not in orders:
            raise UnusableError("order_id names no order that came in")

    required = ("order_id", "product_id", "quantity", "amount")
    return _read(_records(raw, "raw_order_lines", required, settings), None, check)


def _raw_orders(raw: pd.DataFrame, settings: Settings) -> list[Record]:
    required = ("order_id", "customer_id", "ordered_at", "gross_amount")
    return _records(raw, "raw_orders", required, settings) or []


def _give_amounts_of_lines(orders: list[Record], lines: Reading, settings: Settings) -> None:
    """Note what the lines of each order add up to; costs only where all of them are known."""
    by_order = defaultdict(list)
    for line in lines.raw:
        by_order[line.text_of("order_id")].append(line)
    for order in orders:
        own = by_order.get(order.text_of("order_id"), []) if order.text_of("order_id") else []
        of_lines = {}
        for column, name in [
            ("amount", "gross_amount"),
            ("discount_amount", "discount_amount"),
            ("cost_amount", "cost_amount"),
        ]:
            known = []
            for line in own:
                with suppress(ValueError):
                    known.append(units_of(line, column, settings))
            known = [units for units in known if units is not None]
            if known and (column != "cost_amount" or len(known) == len(own)):
                of_lines[name] = sum(known)
        order.parsed["of_lines"] = of_lines
        order.parsed["has_unusable_line"] = not all(line.parsed["is_usable"] for line in own)


def _take_tax_out(orders: list[Record], settings: Settings) -> None:
    """Note the share of goods and shipping that is no tax, of orders whose prices hold it."""

    def charged(record: Record, column: str) -> int | None:
        try:
            return _own_units_of(record, column, settings)
        except ValueError:
            return None

    votes = {True: 0, False: 0}
    told = []
    for record in orders:
        goods, tax = charged(record, "gross_amount"), charged(record, "tax_amount")
        if goods is None or tax is None:
            continue
        whole = goods - (charged(record, "discount_amount") or 0)
        whole += charged(record, "shipping_amount") or 0
        total = charged(record, "total_amount")
        by_total = None
        if total is not None and 100 * abs(tax) > 5 * UNITS_OF_ONE:
            fits = {True: abs(total - whole), False: abs(total - whole - tax)}
            by_total = [is_held for is_held in fits if 100 * fits[is_held] <= 2 * UNITS_OF_ONE]
            for is_held in by_total:
                votes[is_held] += 1
            by_total = by_total[0] if by_total else None
        told.append((record, whole, tax, by_total))
    for record, whole, tax, by_total in told:
        said = settings.prices_include_tax
        if said == "":
            text = (record.text_of("taxes_included") or "").lower()
            said = True if text in YES else False if text in NO else by_total
        if said is None:
            said = votes[True] > votes[False]
        if said and abs(tax) < abs(whole):
            record.parsed["without_tax"] = (abs(whole) - abs(tax), abs(whole))


def read_orders(
    raw: pd.DataFrame, settings: Settings, exchange: Exchange, lines: Reading
) -> Reading:
    """Read orders; `parsed` of an accepted one holds amounts in units, `rate` and `is_purchase`.

    Amounts of accepted orders are in the reporting currency. A cost of goods that is not given is
    unknown (None), other amounts are then 0.
    """

    def check(record: Record) -> None:
        _set_time(record, "ordered_at", settings)
        if record.parsed["has_unusable_line"]:
            raise UnusableError("a line of the order cannot be used")
        record.units = _required_amount(record, "gross_amount", settings)
        for column in AMOUNTS_OF_ORDERS:
            record.parsed[column] = _amount(record, column, settings)
        if settings.as_of_date and record.day > settings.as_of_date:
            raise UnusableError("ordered_at is after the as-of date")
        if record.day > settings.latest_possible_date:
            raise UnusableError("ordered_at is in the future")
        record.parsed["is_purchase"] = treatment_of(record.text_of("status"), settings) in {
            "purchase",
            "unknown, taken as a purchase",
        }

    def rank(record: Record) -> tuple:
        amounts = (record.parsed[column] for column in AMOUNTS_OF_ORDERS)
        texts = ("status", "currency", "customer_id")
        return (
            *newness(record),
            -record.units,
            *(-1 if amount is None else amount for amount in amounts),
            *(_normalised(column, record.text_of(column)) or "" for column in texts),
            *(record.text_of(column) or "" for column in settings.attribute_columns),
            address_of(record, settings) or "",
            email_kind(record, settings) or "",
        )

    def newness(record: Record) -> tuple:
        return updated_at(record, settings), record.instant, record.day

    def place(record: Record) -> tuple:
        file = record.text_of(FILE)
        return updated_at(record, settings), latest.get(file, EARLIEST), file or ""

    records = _raw_orders(raw, settings)
    _give_amounts_of_lines(records, lines, settings)
    _take_tax_out(records, settings)
    for record in records:
        # Rows that cannot be used are alike only where what was made of them is.
        made = [readable_units(record, column, settings) for column in ("gross_amount", *CHARGED)]
        record.text += str(made)
    latest = _latest_of_files(records, "ordered_at", settings)
    reading = _read(records, "order_id", check, rank, keyless_copies=False, place=place)
    newest_times = {
        record.text_of("order_id"): (place(record), newness(record)) for record in reading.accepted
    }
    reading.undecided = sum(
        reason.startswith("another row")
        and (place(record), newness(record)) == newest_times[record.text_of("order_id")]
        for record, reason in reading.rejected
    )
    # The newest record of an order decides, also where its money cannot be converted.
    newest, reading.accepted = reading.accepted, []
    earliest_day = _earliest_day(records or [], settings)
    for record in newest:
        try:
            if record.day < earliest_day:
                raise UnusableError("ordered_at is years before all other orders")
            record.parsed["rate"] = exchange.rate(record, record.units)
            reading.accepted.append(record)
        except UnusableError as error:
            reading.rejected.append((record, str(error)))
    for record in reading.accepted:
        rate = record.parsed["rate"]
        record.units = convert(record.units, rate)
        for column in AMOUNTS_OF_ORDERS:
            record.parsed[column] = convert(record.parsed[column], rate)
            if column not in COSTS_OF_ORDERS:
                record.parsed[column] = record.parsed[column] or 0
        worth = record.units - record.parsed["discount_amount"]
        least = Decimal(settings.minimum_order_value) * UNITS_OF_ONE
        record.parsed["is_purchase"] &= least == 0 or worth >= least
    return reading


def read_refunds(
    raw: pd.DataFrame | None,
    settings: Settings,
    orders: Reading,
    as_of_date: date | None,
    first_day: date | None,
) -> Reading:
    """Read refunds of the accepted orders, and of none, that are known by the as-of date.

    `units` of an accepted one are what it pays back of its order's goods; `parsed` says in
    `is_above_order` whether it would have paid back more than was left of them. Rows of one refund
    add up, of its newest version.
    """

    came_in, currencies = orders.raw, defaultdict(str)
    orders = {order.text_of("order_id"): order for order in orders.accepted}
    for order in came_in:
        key = order.text_of("order_id")
        currencies[key] = max(currencies[key], currency_of(order) or "")

    def check(record: Record) -> None:
        record.parsed["currency_of_order"] = currencies[record.text_of("order_id")]
        _set_time(record, "refunded_at", settings)
        record.units = _required_amount(record, "amount", settings)
        record.parsed["goods"] = _amount(record, "goods_amount", settings)
        order_id = record.text_of("order_id")
        if order_id is not None and order_id not in orders:
            raise UnusableError("order_id names no accepted order")
        if order_id is not None:
            check_size(orders[order_id].parsed["rate"], record.units)
        _check_known(record, "refunded_at", as_of_date)
        if first_day and (first_day - record.day).days > 1826:
            raise UnusableError("refunded_at is years before all orders")

    def rank(record: Record) -> tuple:
        goods = record.parsed["goods"]
        return (
            updated_at(record, settings),
            record.instant,
            record.day,
            record.units,
            -1 if goods is None else goods,
            record.text_of("order_id") or "",
        )

    required = ("refund_id", "order_id", "refunded_at", "amount")
    records = _records(raw, "raw_refunds", required, settings)
    latest = _latest_of_files(records or [], "refunded_at", settings)

    def place(record: Record) -> tuple:
        file = record.text_of(FILE)
        return updated_at(record, settings), latest.get(file, EARLIEST), file or ""

    reading = _read(records, "refund_id", check, rank, version=place, place=place)
    left: dict[str, int] = {}
    for record in reading.accepted:
        order = orders.get(record.text_of("order_id") or "")
        rate = order.parsed["rate"] if order else Decimal(1)
        record.units = convert(record.units, rate)
        goods = record.parsed["goods"]
        record.parsed["goods"] = convert(goods, rate) if goods is not None else None
        if order and record.parsed["goods"] is None:
            record.parsed["goods"] = _share_of_goods(record.units, order)
        elif record.parsed["goods"] is None:
            record.parsed["goods"] = record.units
    by_order = sorted(
        reading.accepted,
        key=lambda record: (
            record.day,
            record.text_of("refund_id"),
            record.units,
            record.parsed["goods"],
        ),
    )
    for record in by_order:
        order_id, goods = record.text_of("order_id"), record.parsed["goods"]
        record.units = goods
        if order_id is not None:
            of_order = orders[order_id].units - orders[order_id].parsed["discount_amount"]
            record.units = min(goods, max(left.setdefault(order_id, of_order), 0))
            left[order_id] -= goods
        record.parsed["is_above_order"] = 100 * (goods - record.units) >= UNITS_OF_ONE
    return reading


def _share_of_goods(units: int, order: Record) -> int:
    """What a refund pays back of an order's goods, where it pays for shipping and tax as well."""
    goods = order.units - order.parsed["discount_amount"]
    total = goods + order.parsed["shipping_amount"] + order.parsed["tax_amount"]
    if goods <= 0 or total <= goods:
        return units
    return _share(units, goods, total)


def read_customers(raw: pd.DataFrame | None, settings: Settings) -> Reading:
    """Read customers; one that shares its id is judged by `created_at`, where that can be read."""

    def check(record: Record) -> None:
        try:
            _set_time(record, "created_at", settings)
        except UnusableError:
            record.instant, record.day = EARLIEST, None

    def rank(record: Record) -> tuple:
        return (
            updated_at(record, settings),
            record.instant,
            *(record.text_of(column) or "" for column in settings.attribute_columns),
            record.text_of("referred_by_customer_id") or "",
            address_of(record, settings) or "",
            email_kind(record, settings) or "",
        )

    def place(record: Record) -> tuple:
        return updated_at(record, settings), record.text_of(FILE) or ""

    records = _records(raw, "raw_customers", ("customer_id",), settings)
    return _read(records, "customer_id", check, rank, place=place)


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
        record.units = _required_amount(record, "amount", settings)
        _check_known(record, "spent_on", as_of_date, first_period_start)
        record.parsed["rate"] = exchange.rate(record, record.units)

    required = ("spent_on", "purpose", "amount")
    reading = _read(_records(raw, "raw_costs", required, settings), None, check)
    for record in reading.accepted:
        record.units = convert(record.units, record.parsed["rate"])
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
