"""The shop behind the accepted rows: who bought what, when, in which order.

Amounts are integer units; dates are numpy datetime64[D]; a customer is an index into
`Shop.customer_keys`, and -1 where nobody known bought.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from acceptance.oracle.currencies import currency_of, open_exchange
from acceptance.oracle.identity import People
from acceptance.oracle.inputs import (
    COSTS_OF_ORDERS,
    Reading,
    Record,
    raw_records,
    read_costs,
    read_customers,
    read_exchange_rates,
    read_order_lines,
    read_orders,
    read_refunds,
    read_survey_responses,
)
from acceptance.oracle.settings import Settings

UNKNOWN = "unknown"
LONGEST_WINDOW = 36_500


@dataclass(frozen=True)
class Segmentation:
    """One segment dimension: its values (texts), and the position of each customer's among them.

    `unattributed` is the position of the value that unattributed purchases belong to; None where
    the shop has no such purchases and the dimension no such value.
    """

    dimension: str
    values: list
    positions: np.ndarray
    unattributed: int | None

    def add_up(self, per_customer: np.ndarray) -> np.ndarray:
        """Sum rows of integers per customer (customers x k) to one row a segment value."""
        totals = np.zeros((len(self.values), per_customer.shape[1]), dtype=np.int64)
        np.add.at(totals, self.positions, per_customer)
        return totals


@dataclass(frozen=True)
class Shop:
    """Accepted orders, customers, refunds and what follows from them without any period.

    `orders` has one row an accepted order, `purchases` one a purchase (with its columns as arrays),
    `refunds` one a counted refund: an accepted refund of a purchase, with the day it counts on and
    the number of its order. `first_day` is the earliest order date, `calendar_start` that or an
    earlier refund's; both are None in a shop without accepted orders. `first_order_segmentations`
    are those by the first order that are no segment columns.
    """

    settings: Settings
    readings: dict[str, Reading]
    people: People
    as_of_date: date | None
    first_day: date | None
    calendar_start: date | None
    orders: pd.DataFrame
    purchases: pd.DataFrame
    refunds: pd.DataFrame
    customer_keys: list[str]
    first_purchase_days: np.ndarray
    segmentations: list[Segmentation]
    first_order_segmentations: list[Segmentation]

    @property
    def history_start(self) -> date | None:
        """The day with which the data begin."""
        return self.settings.history_starts_on or self.first_day

    @property
    def customers(self) -> int:
        """Number of customers: people with at least one purchase."""
        return len(self.customer_keys)


def _orders(readings: dict[str, Reading], people: People) -> pd.DataFrame:
    """One row an accepted order, in the order of the days, the instants and the order ids."""
    accepted = sorted(
        readings["orders"].accepted,
        key=lambda order: (
            order.day,
            order.instant,
            _number_in(order.text_of("order_id")),
            order.text_of("order_id"),
        ),
    )
    refunded: dict[str, int] = defaultdict(int)
    for refund in readings["refunds"].accepted:
        refunded[refund.text_of("order_id") or ""] += refund.units
    orders = pd.DataFrame(
        {
            "order_id": _texts(order.text_of("order_id") for order in accepted),
            "customer_key": _texts(people.key_of(order) for order in accepted),
            "day": np.array([order.day for order in accepted], dtype="datetime64[D]"),
            "is_purchase": np.array([order.parsed["is_purchase"] for order in accepted], bool),
            "currency": _texts(currency_of(order) for order in accepted),
            "gross_revenue": _units(order.units for order in accepted),
            "discounts": _units(order.parsed["discount_amount"] for order in accepted),
            "shipping": _units(order.parsed["shipping_amount"] for order in accepted),
            "tax": _units(order.parsed["tax_amount"] for order in accepted),
            "cost": _units(order.parsed["cost_amount"] or 0 for order in accepted),
            "cost_is_known": _are_known(accepted, ("cost_amount",)),
            "all_costs": _units(
                sum(order.parsed[name] or 0 for name in COSTS_OF_ORDERS) for order in accepted
            ),
            "all_costs_are_known": _are_known(accepted, _recorded_costs(accepted)),
            "record": accepted,
        }
    )
    # The refund of an order that is no purchase counts nowhere.
    orders["refunds"] = [
        refunded[order_id] if is_purchase else 0
        for order_id, is_purchase in zip(orders["order_id"], orders["is_purchase"], strict=True)
    ]
    orders["net_revenue"] = orders["gross_revenue"] - orders["discounts"] - orders["refunds"]
    return orders


def _recorded_costs(accepted: list[Record]) -> list[str]:
    """Costs that belong to the margin: of goods, and whatever else any purchase has."""
    return ["cost_amount"] + [
        name
        for name in COSTS_OF_ORDERS[1:]
        if any(order.parsed["is_purchase"] and order.parsed[name] is not None for order in accepted)
    ]


def _are_known(accepted: list[Record], costs: Iterable[str]) -> list[bool]:
    """Whether each order has all of the costs."""
    return [all(order.parsed[name] is not None for name in costs) for order in accepted]


def _units(amounts: Iterable[int]) -> np.ndarray:
    return np.fromiter(amounts, dtype=np.int64)


def _texts(texts: Iterable[str | None]) -> pd.Series:
    return pd.Series(list(texts), dtype=object)  # keeps None, which the default would make NaN


def _number_in(order_id: str) -> int:
    """An id as a number; those that are none come last."""
    return int(order_id) if re.fullmatch(r"[0-9]{1,18}", order_id) else 2**63 - 1


def _number_purchases(orders: pd.DataFrame) -> None:
    """Add the position of each purchase among its customer's, and the days since the previous."""
    numbers, gaps = [], []
    previous: dict[str, tuple[int, pd.Timestamp]] = {}
    for key, day, is_purchase in zip(
        orders["customer_key"], orders["day"], orders["is_purchase"], strict=True
    ):
        if key is None or not is_purchase:
            numbers.append(None)
            gaps.append(None)
            continue
        number, previous_day = previous.get(key, (0, None))
        numbers.append(number + 1)
        gaps.append(None if previous_day is None else (day - previous_day).days)
        previous[key] = (number + 1, day)
    orders["order_number"] = pd.array(numbers, dtype="Int64")
    orders["days_since_previous_order"] = pd.array(gaps, dtype="Int64")


def _counted_refunds(
    readings: dict[str, Reading], purchases: pd.DataFrame, settings: Settings
) -> pd.DataFrame:
    """One row an accepted refund of a purchase or of no order, with the day on which it counts."""
    by_id = {purchase["order_id"]: purchase for purchase in purchases.to_dict("records")}
    counted = [
        refund
        for refund in readings["refunds"].accepted
        if refund.text_of("order_id") is None or refund.text_of("order_id") in by_id
    ]
    of = [by_id.get(refund.text_of("order_id")) for refund in counted]
    days = [
        refund.day if purchase is None or settings.refund_dating == "refund" else purchase["day"]
        for refund, purchase in zip(counted, of, strict=True)
    ]
    return pd.DataFrame(
        {
            "customer": np.array([p["customer"] if p else -1 for p in of], dtype=np.int64),
            "order_number": pd.array([p["order_number"] if p else pd.NA for p in of], "Int64"),
            "day": np.array(days, dtype="datetime64[D]"),
            "amount": _units(refund.units for refund in counted),
        }
    )


def _value_bands(firsts: pd.DataFrame) -> list[str]:
    """Quarter of all first orders that the cheapest of equal value lies in."""
    values = sorted((firsts["gross_revenue"] - firsts["discounts"]).tolist())
    names = ("1 lowest quarter", "2 second quarter", "3 third quarter", "4 highest quarter")
    return [
        names[4 * values.index(value) // len(values)]
        for value in firsts["gross_revenue"] - firsts["discounts"]
    ]


FIRST_ORDER_DIMENSIONS = {
    "first_order_discounted": lambda firsts: [
        "discounted" if discount else "full price" for discount in firsts["discounts"]
    ],
    "first_order_value_band": _value_bands,
    "first_order_weekday": lambda firsts: [
        f"{day.isoweekday()} {day:%A}" for day in firsts["day"].dt.date
    ],
}


def _attributes(
    column: str,
    purchases: pd.DataFrame,
    raw: dict[str, pd.DataFrame],
    customers: Reading,
    people: People,
) -> dict[str, str | None]:
    """Value of a segment column by customer key; a key that is missing has none."""
    firsts = purchases[purchases["order_number"] == 1]
    if column == "first_order_month":
        months = firsts["day"].dt.strftime("%Y-%m")
        return dict(zip(firsts["customer_key"], months, strict=True))
    if column in FIRST_ORDER_DIMENSIONS:
        values = FIRST_ORDER_DIMENSIONS[column](firsts)
        return dict(zip(firsts["customer_key"], values, strict=True))
    if column not in [*_columns(raw.get("customers")), *_columns(raw["orders"])]:
        raise ValueError(f"segment column {column} is in neither raw_customers nor raw_orders")
    texts = [record.text_of(column) for record in firsts["record"]]
    of_first_purchase = dict(zip(firsts["customer_key"], texts, strict=True))
    of_record = {
        key: record.text_of(column) for key, record in customer_records(customers, people).items()
    }
    return of_first_purchase | {key: text for key, text in of_record.items() if text}


def customer_records(customers: Reading, people: People) -> dict[str, Record]:
    """What raw_customers says of each person: of several records, the one with the least id."""
    return {
        people.key_of_id(record): record
        for record in sorted(
            customers.accepted, key=lambda record: record.text_of("customer_id"), reverse=True
        )
    }


def _windows(
    purchases: pd.DataFrame, customers: Reading, people: People, settings: Settings
) -> list[int]:
    """Days for which each purchase keeps its customer active, 0 where the period decides.

    What the purchase itself says, else the record of its customer, else the setting.
    """
    column = settings.activity_window_column
    of_all = 0 if settings.activity_window_days == "period" else settings.activity_window_days
    records = customer_records(customers, people) if column else {}
    windows = []
    for key, order in zip(purchases["customer_key"], purchases["record"], strict=True):
        of_customer = records.get(key) if key is not None else None
        said = [_days_in(record.text_of(column)) for record in (order, of_customer) if record]
        windows.append(next((days for days in said if days), of_all))
    return windows


def _days_in(text: str | None) -> int:
    """Days of a text of a whole number, a hundred years at most; 0 where it is none."""
    match = re.fullmatch(r"([0-9]+)(\.0*)?", text or "")
    return min(int(match[1]), LONGEST_WINDOW) if match else 0


def from_before(shop: Shop) -> np.ndarray:
    """Whether the record of each customer was created before the day with which the data begin."""
    start = shop.history_start
    created = {
        key: record.day
        for key, record in customer_records(shop.readings["customers"], shop.people).items()
    }
    days = [created.get(key) for key in shop.customer_keys]
    return np.array([day is not None and day < start for day in days], dtype=bool)


def _columns(raw: pd.DataFrame | None) -> list[str]:
    return [] if raw is None else list(raw.columns)


def _segmentation(
    dimension: str,
    customer_keys: list[str],
    value_of: dict[str, str | None],
    has_unattributed: bool,
) -> Segmentation:
    attributes = [value_of.get(key) or UNKNOWN for key in customer_keys]
    values = sorted({*attributes, UNKNOWN} if has_unattributed else set(attributes))
    position = {value: index for index, value in enumerate(values)}
    return Segmentation(
        dimension,
        values,
        np.array([position[attribute] for attribute in attributes], dtype=np.int64),
        position[UNKNOWN] if has_unattributed else None,
    )


def open_shop(raw: dict[str, pd.DataFrame], settings: Settings) -> Shop:
    """Read the raw inputs and put the purchases of each customer in sequence.

    `raw` maps `orders` and, optionally, `customers`, `refunds`, `costs`, `survey_responses` and
    `exchange_rates` to frames of text. Raises ValueError where a required column or a segment
    column is missing.
    """
    rates = read_exchange_rates(raw.get("exchange_rates"), settings)
    came_in = [raw_records(raw.get(name), settings) for name in ("orders", "costs")]
    exchange = open_exchange(*came_in, rates.accepted, settings)
    lines = read_order_lines(raw.get("order_lines"), raw["orders"], settings)
    readings = {
        "orders": read_orders(raw["orders"], settings, exchange, lines),
        "order_lines": lines,
        "exchange_rates": rates,
    }
    accepted_days = [order.day for order in readings["orders"].accepted]
    as_of_date = settings.as_of_date or max(accepted_days, default=None)
    readings["customers"] = read_customers(raw.get("customers"), settings)
    first_day = min(accepted_days, default=None)
    readings["refunds"] = read_refunds(
        raw.get("refunds"),
        settings,
        readings["orders"],
        as_of_date,
        first_day,
    )
    first_period_start = first_day and min(
        settings.calendar.period_of(grain, first_day).start for grain in settings.period_grains
    )
    readings["costs"] = read_costs(
        raw.get("costs"), settings, as_of_date, first_period_start, exchange
    )
    readings["survey_responses"] = read_survey_responses(
        raw.get("survey_responses"), settings, as_of_date, first_period_start
    )

    records = readings["orders"].accepted + readings["customers"].accepted
    came_in = readings["orders"].raw + readings["customers"].raw
    people = People(records, came_in, settings)
    orders = _orders(readings, people)
    _number_purchases(orders)
    purchases = orders[orders["is_purchase"]].copy()
    customer_keys = sorted({key for key in purchases["customer_key"] if key is not None})
    index_of = {key: index for index, key in enumerate(customer_keys)}
    purchases["customer"] = [index_of.get(key, -1) for key in purchases["customer_key"]]
    purchases["window"] = _windows(purchases, readings["customers"], people, settings)
    refunds = _counted_refunds(readings, purchases, settings)

    first_purchase_days = np.zeros(len(customer_keys), dtype="datetime64[D]")
    firsts = purchases[purchases["order_number"] == 1]
    first_purchase_days[firsts["customer"]] = firsts["day"].to_numpy().astype("datetime64[D]")

    has_unattributed = bool(
        (purchases["customer"] == -1).any() or (refunds["customer"] == -1).any()
    )
    nobody = 0 if has_unattributed else None
    everybody = np.zeros(len(customer_keys), dtype=np.int64)
    total = Segmentation(
        "all", ["all"] if len(purchases) or len(refunds) else [], everybody, nobody
    )
    segmentations = [total] + [
        _segmentation(
            column,
            customer_keys,
            _attributes(column, purchases, raw, readings["customers"], people),
            has_unattributed,
        )
        for column in settings.segment_columns
    ]
    named = [column.lower() for column in settings.segment_columns]
    of_first_orders = [
        _segmentation(
            column,
            customer_keys,
            dict(zip(firsts["customer_key"], values_of(firsts), strict=True)),
            has_unattributed=False,
        )
        for column, values_of in FIRST_ORDER_DIMENSIONS.items()
        if column not in named
    ]

    refund_days = [day.date() for day in refunds["day"]]
    return Shop(
        settings,
        readings,
        people,
        as_of_date,
        first_day,
        min([first_day, *refund_days]) if accepted_days else None,
        orders,
        purchases,
        refunds,
        customer_keys,
        first_purchase_days,
        segmentations,
        of_first_orders,
    )
