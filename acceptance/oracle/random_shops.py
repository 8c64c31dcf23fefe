"""Hypothesis strategies for small shops as raw rows of text, crowded around every edge.

Dates lie at window boundaries, period borders, leap days and clock changes; rows are clean, dirty,
copied and contradictory; every shop keeps at least one order that is accepted.
"""

from datetime import date, timedelta

import pandas as pd
from hypothesis import HealthCheck
from hypothesis import strategies as st

from acceptance.oracle.settings import GRAINS, Settings

# How hypothesis draws shops for the recomputation: the same ones each time, however long one takes.
DRAWN_ALIKE = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
WINDOWS = (1, 5, 7, 30, 90, 400, "period")
TIMEZONES = ("UTC", "UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland")
ANCHORS = (
    date(2016, 2, 28),  # the day before a leap day
    date(2017, 1, 1),  # a Sunday: in the last ISO week of 2016
    date(2019, 12, 30),  # a Monday: in the first ISO week of 2020
    date(2020, 2, 29),  # a leap day
    date(2020, 3, 29),  # clocks go forward in Europe
    date(2020, 9, 30),  # the last day of a quarter
    date(2020, 10, 25),  # clocks go back in Europe
    date(2020, 12, 31),  # in the 53rd ISO week
    date(2021, 3, 1),  # the first day after a short February
)
TIMES = (
    "",  # a bare date
    "",
    " 00:00:00",
    "T00:30:00Z",
    " 12:00",
    "T12:00:00.250Z",
    " 22:59:59 +0000",
    "T23:30:00Z",
    "T23:30:00+02:00",
    "T00:15:00+13:00",
    "T20:00:00-05:00",
)
UNREADABLE_TIMES = ("", "soon", "2020-02-30", "2199-01-01")
AMOUNTS = ("10.00", "10.00", "0", "0.01", "19.9", "100", "1234.56", "10")
UNREADABLE_AMOUNTS = ("", "ten", "-5.00", "1,234", "NaN", "7,35", "1.234")
CURRENCIES = ("EUR", "eur", "", "USD", "usd", "CHF", "JPY", "kwd")
STORES = ("us", "ca", "CA", "")
TERMS = (
    "",
    "",
    "30",
    "365.0",
    "3",
    "2",
    "soon",
    "0",
    "-5",
    "36501",
    "100000",
    "000400",
    "none",
    "1.5",
)
# Named as the column of the project.
TERM_COLUMN = "term"
MINOR_UNITS = {
    "raw_orders": ("gross_amount", "discount_amount", "cost_amount", "tax_amount"),
    "raw_refunds": ("amount", "goods_amount"),
    "raw_costs": ("amount",),
}
SMALL_AMOUNTS = ("", "", "0", "1.00", "2.50", "12.34")
STATUSES = (
    *("paid", "paid", "", "Refunded", "cancelled", " Canceled ", "PENDING", "test"),
    *("wc-completed", "pending payment", "wc-pending_payment", "who knows"),
)
TAKEN_OFF = ("discount_amount", "cost_amount", "fulfilment_cost_amount", "payment_fee_amount")
ORDER_COLUMNS = ("order_id", "customer_id", "ordered_at", "gross_amount")
OPTIONAL_COLUMNS = (
    "status",
    "currency",
    "discount_amount",
    "shipping_amount",
    "tax_amount",
    "cost_amount",
    "fulfilment_cost_amount",
    "payment_fee_amount",
    "email",
    "phone",
    "store",
    "updated_at",
    "channel",
    "term",
    "taxes_included",
    "total_amount",
    "retention_file_name",
)
# What the goods, shipping and tax of some orders add up to, or what goods and shipping do.
TOTALS = ("", "10.00", "11.00", "12.50", "100", "101.00", "102.50", "112.34", "1236.06")
# A glob of files is read with such a column.
FILES = ("orders-1.csv", "orders-2.csv", "more.csv")
LINE_COLUMNS = ["order_id", "store", "product_id", "quantity", "amount"]
LINE_COLUMNS += ["discount_amount", "cost_amount"]
UPDATES = ("", "", "2020-05-01", "2020-05-02")
CUSTOMER_COLUMNS = (
    "email",
    "phone",
    "store",
    "created_at",
    "updated_at",
    "referred_by_customer_id",
    "channel",
    "country",
    "tier",
    "term",
    "retention_file_name",
)


def _sized(strategy: st.SearchStrategy, *sizes: int) -> st.SearchStrategy[list]:
    """Lists of one of the sizes: left to itself, hypothesis draws hardly any long list."""
    return st.sampled_from(sizes).flatmap(
        lambda size: st.lists(strategy, min_size=size, max_size=size)
    )


def _mostly(usual: st.SearchStrategy, rare: st.SearchStrategy) -> st.SearchStrategy:
    """Draw from `rare` about once in sixteen times."""
    return st.integers(0, 15).flatmap(lambda number: rare if number == 7 else usual)


def _days(anchor: date, step: int) -> st.SearchStrategy[date]:
    """Days from `anchor` on: near it, near one or two windows after it, and on month borders."""
    near = st.integers(0, 10)
    around = st.builds(
        lambda times, shift: times * step + shift, st.sampled_from((1, 2)), st.integers(-1, 1)
    )
    return st.one_of(near, around, st.integers(0, 70)).map(
        lambda days: anchor + timedelta(days=max(days, 0))
    )


def _moments(days: st.SearchStrategy[date]) -> st.SearchStrategy[str]:
    return _mostly(
        st.builds(lambda day, time: f"{day}{time}", days, st.sampled_from(TIMES)),
        st.sampled_from(UNREADABLE_TIMES),
    )


def _amounts() -> st.SearchStrategy[str]:
    return _mostly(st.sampled_from(AMOUNTS), st.sampled_from(UNREADABLE_AMOUNTS))


def _small_amounts() -> st.SearchStrategy[str]:
    return _mostly(st.sampled_from(SMALL_AMOUNTS), st.sampled_from(("free", "-1")))


def _identifiers(identifiers: list[str]) -> st.SearchStrategy[str]:
    """One of the identifiers, now and then with spaces around it, or none."""
    known = st.sampled_from(identifiers or [""])
    return _mostly(
        known, st.one_of(known.map(lambda text: f" {text} "), st.sampled_from(("", " ")))
    )


def _emails(people: list[str]) -> st.SearchStrategy[str]:
    addresses = [f"{person}@example.com" for person in people[::2]]
    others = ["", "", "anonymous@psgdpr.com", "Info@shop.example"]
    return st.sampled_from([*addresses, *(address.upper() for address in addresses), *others])


def _phones(people: list[str]) -> st.SearchStrategy[str]:
    numbers = [f"1511234{10 + number}" for number, _ in enumerate(people[::2])]
    written = [f"{before}{number}" for number in numbers for before in ("+49 ", "0049 (0)", "0")]
    return st.sampled_from([*written, "", "0000000", "911"])


@st.composite
def _with_copies(draw: st.DrawFn, rows: list[dict], changes: dict[str, st.SearchStrategy]) -> list:
    """Rows in any order, some of them twice, some twice with one column changed."""
    rows = list(rows)
    for row in draw(st.lists(st.sampled_from(rows), max_size=3)) if rows else []:
        column = draw(st.sampled_from(("", *changes)))
        rows.append({**row, column: draw(changes[column])} if column else dict(row))
    return draw(st.permutations(rows))


@st.composite
def _orders(
    draw: st.DrawFn, people: list[str], days: st.SearchStrategy[date], currencies: tuple[str, ...]
) -> list[dict]:
    amounts, small = _amounts(), _small_amounts()
    columns = {
        "customer_id": _identifiers([*people, *people, *people, ""]),
        "ordered_at": _moments(days),
        "gross_amount": amounts,
        "status": st.sampled_from(STATUSES),
        "currency": st.sampled_from(currencies),
        "discount_amount": small,
        "shipping_amount": small,
        "tax_amount": small,
        "cost_amount": small,
        "fulfilment_cost_amount": small,
        "payment_fee_amount": small,
        "email": _emails(people),
        "phone": _phones(people),
        "store": st.sampled_from(STORES),
        "updated_at": st.sampled_from(UPDATES),
        "channel": st.sampled_from(("web", "shop", "")),
        "term": st.sampled_from(TERMS),
        "taxes_included": st.sampled_from(("", "", "true", "Yes", "0", "perhaps")),
        "total_amount": st.sampled_from(TOTALS),
        "retention_file_name": st.sampled_from(FILES),
    }
    rows = draw(_sized(st.fixed_dictionaries(columns), 1, 5, 9, 14, 20))
    numbered = [
        {"order_id": draw(_mostly(st.just(f"o{number}"), st.sampled_from(("", " o1"))))} | row
        for number, row in enumerate(rows)
    ]
    return draw(_with_copies(numbered, columns))


@st.composite
def _rates(draw: st.DrawFn, days: st.SearchStrategy[date]) -> list[dict]:
    columns = {
        "currency": _mostly(st.sampled_from(("USD", "usd", "CHF", "JPY", "KWD")), st.just("")),
        "valid_from": _mostly(days.map(str), st.sampled_from(UNREADABLE_TIMES)),
        "rate": st.sampled_from(("0.905", "1.0733", "1", "0.000123456789", "0", "-1", "par")),
    }
    return draw(_with_copies(draw(_sized(st.fixed_dictionaries(columns), 0, 3, 6)), columns))


@st.composite
def _customers(draw: st.DrawFn, people: list[str], days: st.SearchStrategy[date]) -> list[dict]:
    columns = {
        "email": _emails(people),
        "phone": _phones(people),
        "store": st.sampled_from(STORES),
        "updated_at": st.sampled_from(UPDATES),
        "created_at": st.one_of(
            st.sampled_from(("2015-01-01", "2016-05-05 10:00:00", "", "long ago", "0001-01-01")),
            _moments(days),
        ),
        "referred_by_customer_id": st.sampled_from(("", "", "a", "elsewhere")),
        "channel": st.sampled_from(("web", "radio", "")),
        "country": st.sampled_from(("DE", "AT", " CH ", "")),
        "tier": st.sampled_from(("gold", "basic", "unknown", "all")),
        "term": st.sampled_from(TERMS),
        "retention_file_name": st.sampled_from(FILES),
    }
    named = draw(_sized(_identifiers([*people, "nobody"]), 0, 2, 4, 8))
    rows = [{"customer_id": name} | draw(st.fixed_dictionaries(columns)) for name in named]
    return draw(_with_copies(rows, columns))


@st.composite
def _refunds(
    draw: st.DrawFn,
    order_ids: list[str],
    days: st.SearchStrategy[date],
    currencies: tuple[str, ...],
) -> list[dict]:
    columns = {
        "order_id": _identifiers([*order_ids, *order_ids, "no such order"]),
        "refunded_at": _moments(days),
        "amount": _amounts(),
        "goods_amount": _small_amounts(),
        "currency": st.sampled_from(currencies),
        "store": st.sampled_from(STORES),
        "updated_at": st.sampled_from(UPDATES),
        "retention_file_name": st.sampled_from(FILES),
    }
    rows = draw(_sized(st.fixed_dictionaries(columns), 0, 2, 4, 6))
    numbered = [
        {"refund_id": draw(_mostly(st.just(f"r{number}"), st.sampled_from(("", "r0"))))} | row
        for number, row in enumerate(rows)
    ]
    return draw(_with_copies(numbered, columns))


@st.composite
def _order_lines(draw: st.DrawFn, order_ids: list[str]) -> list[dict]:
    """Lines of any orders but the first, which must be used."""
    columns = {
        "order_id": _identifiers([*order_ids, "no such order"]),
        "store": st.sampled_from(STORES),
        "product_id": st.sampled_from(("lamp", "pen")),
        "quantity": st.just("1"),
        "amount": _mostly(st.sampled_from((*AMOUNTS, "-1.00")), st.sampled_from(("", "ten"))),
        "discount_amount": _small_amounts(),
        "cost_amount": _small_amounts(),
    }
    return draw(_sized(st.fixed_dictionaries(columns), 0, 6, 12, 20))


@st.composite
def _with_minus(draw: st.DrawFn, rows: list[dict], columns: tuple[str, ...]) -> list[dict]:
    """Rows with all amounts of some columns negated, as some systems write what they take off."""
    chosen = draw(st.lists(st.sampled_from(columns), unique=True)) if draw(st.booleans()) else []
    return [
        row | {column: f"-{row[column]}" for column in chosen if row[column][:1].isdigit()}
        for row in rows
    ]


def _frame(rows: list[dict], columns: list[str]) -> pd.DataFrame:
    """Return a frame of text; a blank cell is None, as a reader of files gives it."""
    cells = [[row[column] or None for column in columns] for row in rows]
    return pd.DataFrame(cells, columns=columns, dtype="str")


@st.composite
def _columns(
    draw: st.DrawFn, required: tuple[str, ...], optional: tuple[str, ...], needed: tuple[str, ...]
) -> list[str]:
    """Required columns and some of the optional ones, those that are needed among them."""
    chosen = draw(st.lists(st.sampled_from(optional), unique=True))
    return [*required, *(column for column in optional if column in (*chosen, *needed))]


@st.composite
def random_shops(
    draw: st.DrawFn, settings: Settings | None = None
) -> tuple[dict[str, pd.DataFrame], Settings]:
    """Raw inputs (`orders`, and mostly `customers` and `refunds`) and settings that fit them.

    At least one order is accepted: `first`, on the first of the days, by customer `a` or a guest.
    With `settings` given, the shop is made for them and has every column they name.
    """
    window = settings.activity_window_days if settings else draw(st.sampled_from(WINDOWS))
    step = 31 if window == "period" else window
    as_of_date = settings.as_of_date if settings else None
    needed = settings.attribute_columns if settings else ()
    anchor = draw(st.sampled_from([day for day in ANCHORS if not as_of_date or day <= as_of_date]))
    days = _days(anchor, step)
    people = [
        chr(ord("a") + number) for number in range(draw(st.sampled_from((0, 1, 2, 3, 5, 8, 12))))
    ]

    columns = draw(_columns(ORDER_COLUMNS, OPTIONAL_COLUMNS, needed))
    first = dict.fromkeys(OPTIONAL_COLUMNS, "") | {
        "order_id": "first",
        "customer_id": "a" if people else "",
        "ordered_at": str(anchor),
        "gross_amount": "10.00",
        "currency": "EUR",
        "retention_file_name": FILES[0],
    }
    if settings:
        reporting_currency = settings.reporting_currency
    else:
        reporting_currency = draw(st.sampled_from(("", "", "EUR")))
    currencies = CURRENCIES if reporting_currency else CURRENCIES[:3]
    orders = draw(_with_minus([*draw(_orders(people, days, currencies)), first], TAKEN_OFF))
    raw = {}
    if draw(st.booleans()):
        order_ids = sorted({order["order_id"].strip() for order in orders} - {"", "first"})
        raw["order_lines"] = _frame(draw(_order_lines(order_ids)), LINE_COLUMNS)
        # What an order does not say, its lines do.
        for order in orders:
            if order["order_id"].strip() != "first" and draw(st.booleans()):
                order |= {"gross_amount": "", "cost_amount": ""}
    raw = {"orders": _frame(orders, columns)} | raw
    if draw(st.booleans()):
        raw["exchange_rates"] = _frame(draw(_rates(days)), ["currency", "valid_from", "rate"])
    if set(CUSTOMER_COLUMNS) & set(needed) or draw(st.booleans()):
        customer_columns = draw(_columns(("customer_id",), CUSTOMER_COLUMNS, needed))
        customers = draw(_customers(people, st.one_of(days, st.just(anchor - timedelta(days=1)))))
        raw["customers"] = _frame(customers, customer_columns)
    if draw(st.booleans()):
        order_ids = sorted({order["order_id"].strip() for order in orders} - {""})
        early_and_late = st.one_of(days, st.just(anchor - timedelta(days=3)))
        refunds = draw(
            _with_minus(
                draw(_refunds(order_ids, early_and_late, currencies)), ("amount", "goods_amount")
            )
        )
        required = ("refund_id", "order_id", "refunded_at", "amount")
        optional = ("goods_amount", "currency", "store", "updated_at", "retention_file_name")
        columns = draw(_columns(required, optional, ()))
        raw["refunds"] = _frame(refunds, columns)

    if settings:
        return raw, settings
    present = {*raw["orders"], *raw.get("customers", ())}
    attributes = ["first_order_month", *sorted(present & {"channel", "country", "store", "tier"})]
    has_term = "term" in raw["orders"] or "term" in raw.get("customers", ())
    has_own_window = has_term and window != "period" and draw(st.booleans())
    return raw, Settings(
        activity_window_days=window,
        activity_window_column=TERM_COLUMN if has_own_window else "",
        minor_units=draw(st.sampled_from(({}, {}, MINOR_UNITS))),
        period_grains=GRAINS,
        reporting_timezone=draw(st.sampled_from(TIMEZONES)),
        reporting_currency=reporting_currency,
        as_of_date=draw(
            st.one_of(st.none(), days, st.just(anchor + timedelta(days=2 * step + 75)), st.none())
        ),
        refund_dating=draw(st.sampled_from(("refund", "order"))),
        customer_identity=draw(st.sampled_from(("customer_id", "email", "phone"))),
        unidentified_values=draw(
            st.sampled_from(((), (), ("b", "c@example.com", "+49 151123410")))
        ),
        phone_calling_code=draw(st.sampled_from(("", "49"))),
        customers_across_stores=draw(st.booleans()),
        history_starts_on=draw(st.one_of(st.none(), days)),
        identity_link_limit=draw(st.sampled_from((1, 2, 10))),
        week_start=draw(st.sampled_from(("monday", "sunday", "saturday"))),
        fiscal_year_start_month=draw(st.sampled_from((1, 1, 2, 4, 12))),
        minimum_order_value=draw(st.sampled_from(("0", "0.01", "10"))),
        source_timezone=draw(st.sampled_from(("", "Europe/Berlin", {"raw_orders": "Asia/Tokyo"}))),
        prices_include_tax=draw(st.sampled_from(("", "", "", True, False))),
        unknown_statuses=draw(st.sampled_from(("purchase", "no_purchase"))),
        segment_columns=tuple(draw(st.lists(st.sampled_from(attributes), unique=True))),
    )


@st.composite
def random_shops_with_marketing(
    draw: st.DrawFn, settings: Settings | None = None
) -> tuple[dict[str, pd.DataFrame], Settings]:
    """Return a random shop that mostly has costs and survey responses besides."""
    raw, settings = draw(random_shops(settings))
    people = sorted({text.strip() for text in raw["orders"]["customer_id"].dropna()} - {""})
    first = date.fromisoformat(
        raw["orders"].loc[raw["orders"]["order_id"] == "first", "ordered_at"].iloc[0][:10]
    )
    days = st.integers(-10, 100).map(lambda shift: first + timedelta(days=shift))
    costs = st.fixed_dictionaries(
        {
            "spent_on": _mostly(days.map(str), st.sampled_from(UNREADABLE_TIMES)),
            "purpose": _mostly(st.sampled_from(("acquisition", "Retention ")), st.just("fun")),
            "amount": _amounts(),
            "channel": st.sampled_from(("web", "shop", "radio", "")),
            "currency": st.sampled_from(CURRENCIES if settings.reporting_currency else ("EUR", "")),
        }
    )
    if draw(st.integers(0, 3)):
        columns = draw(_columns(("spent_on", "purpose", "amount"), ("channel", "currency"), ()))
        rows = draw(_sized(costs, 0, 2, 8))
        raw["costs"] = _frame(rows + rows[:1], columns)
    responses = st.fixed_dictionaries(
        {
            "customer_id": _identifiers([*people, "nobody"]),
            "responded_at": _moments(days),
            "score": _mostly(
                st.integers(0, 10).map(str), st.sampled_from(("11", "-1", "", "ten", "7.5", "9.0"))
            ),
            "touchpoint": st.sampled_from(("delivery", "support", "all", "")),
            "store": st.sampled_from(STORES),
        }
    )
    if draw(st.integers(0, 3)):
        rows = [
            {"response_id": f"s{number}"} | row
            for number, row in enumerate(draw(_sized(responses, 0, 3, 10)))
        ]
        required = ("response_id", "customer_id", "responded_at", "score")
        columns = draw(_columns(required, ("touchpoint", "store"), ()))
        raw["survey_responses"] = _frame(rows, columns)
    return raw, settings
