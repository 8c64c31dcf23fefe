"""Relations whose rows are orders, customers or inputs rather than periods."""

from collections import defaultdict

import numpy as np
import pandas as pd

from acceptance.oracle.calendar import DAY
from acceptance.oracle.frames import dates, money, money_or_null, texts
from acceptance.oracle.inputs import Reading, Record, readable_units, treatment_of
from acceptance.oracle.settings import Settings
from acceptance.oracle.shop import Shop
from acceptance.oracle.snapshots import Ledger
from acceptance.oracle.value import rfm_scores

AMOUNT_COLUMNS = {"orders": "gross_amount", "order_lines": "amount", "refunds": "amount"}
AMOUNT_COLUMNS |= {"costs": "amount"}
ID_COLUMNS = {
    "orders": "order_id",
    "order_lines": "order_id",
    "customers": "customer_id",
    "refunds": "refund_id",
    "survey_responses": "response_id",
}


def orders(shop: Shop) -> pd.DataFrame:
    """`retention__orders`: every accepted order; numbers and gaps of known customers' purchases."""
    columns = shop.orders
    return pd.DataFrame(
        {
            "order_id": columns["order_id"],
            "customer_key": columns["customer_key"],
            "order_date": dates(day.date() for day in columns["day"]),
            "order_number": columns["order_number"],
            "days_since_previous_order": columns["days_since_previous_order"],
            "is_first_order": (columns["order_number"] == 1).fillna(False).astype(bool),
            "is_purchase": columns["is_purchase"],
            "currency": columns["currency"],
            **{
                name: money(columns[name])
                for name in ("gross_revenue", "discounts", "refunds", "net_revenue")
            },
            "contribution_margin_1": _margin(columns, "cost", "cost_is_known"),
            "contribution_margin_2": _margin(columns, "all_costs", "all_costs_are_known"),
        }
    )


def _margin(orders: pd.DataFrame, costs: str, are_known: str) -> pd.Series:
    """Net revenue less costs of each purchase whose costs are known."""
    margin = (orders["net_revenue"] - orders[costs]).to_numpy(dtype=float)
    is_known = (orders["is_purchase"] & orders[are_known]).to_numpy(dtype=bool)
    return money_or_null(np.where(is_known, margin, np.nan))


def customers(shop: Shop) -> pd.DataFrame:
    """`retention__customers` without its predictions: one row a person who bought.

    With W = `period` the lapse date depends on the grain; the shortest one in use decides.
    """
    ledger = Ledger.of(shop)
    window = shop.settings.activity_window_days
    everything = np.ones(len(ledger.day), dtype=bool)
    purchases = ledger.per_customer(everything)
    sales = ledger.amounts["gross_revenue"] - ledger.amounts["discounts"]
    net_revenue = ledger.per_customer(everything, sales) - ledger.refunds_per_customer(
        np.ones(len(ledger.refund_day), dtype=bool)
    )
    margins = {}
    for level, costs in ((1, "cost"), (2, "all_costs")):
        margins[level] = np.zeros(0)
        if shop.customers:
            margins[level] = ledger.margin_until(shop.as_of_date, costs).astype(float)
            margins[level][ledger.unknown_costs_until(shop.as_of_date, costs) > 0] = np.nan
    last_days = shop.first_purchase_days.copy()
    known = ledger.customer >= 0
    np.maximum.at(last_days, ledger.customer[known], ledger.day[known])
    last_dates = last_days.tolist()
    if window == "period":
        grain = shop.settings.shortest_grain
        period_of = shop.settings.calendar.period_of
        lapse_dates = [period_of(grain, day).end + DAY for day in last_dates]
    else:
        ends = ledger.day + ledger.window
        last_ends = last_days.copy()
        np.maximum.at(last_ends, ledger.customer[known], ends[known])
        lapse_dates = last_ends.tolist()
    status = ["active" if shop.as_of_date < day else "lapsed" for day in lapse_dates]
    frame = pd.DataFrame(
        {
            "customer_key": texts(shop.customer_keys),
            "first_order_date": dates(shop.first_purchase_days.tolist()),
            "last_order_date": dates(last_dates),
            "orders": purchases,
            "net_revenue": money(net_revenue),
            "historical_clv": money(net_revenue),
            "historical_margin": money_or_null(margins[2]),
            "contribution_margin_1": money_or_null(margins[1]),
            "contribution_margin_2": money_or_null(margins[2]),
            "lapse_date": dates(lapse_dates),
            "status": texts(status),
            "is_repeat_customer": purchases >= 2,
            **{
                segmentation.dimension: texts(
                    segmentation.values[position] for position in segmentation.positions
                )
                for segmentation in shop.segmentations[1:]
            },
        }
    )
    return pd.concat([frame, rfm_scores(frame)], axis=1)


def data_quality(shop: Shop) -> pd.DataFrame:
    """`retention__data_quality`: accepted + rejected + dropped = raw, in rows and in money.

    Amounts are the gross amounts of orders and the amounts of refunds and costs, as far as they can
    be read; customers and survey responses have none.
    """
    rows = []
    for name, reading in shop.readings.items():
        groups = {
            "raw": reading.raw,
            "accepted": reading.accepted,
            "rejected": [record for record, _ in reading.rejected],
            "duplicates_dropped": reading.dropped,
        }
        unattributed = int((shop.purchases["customer"] == -1).sum()) if name == "orders" else None
        rows.append(
            {"input": f"raw_{name}", "unattributed": unattributed}
            | _beyond_their_orders(name, reading)
            | {"matched_records": _matched(shop, name, reading)}
            | {"customers_before_history": _before_history(shop, name, reading)}
            | {"undecided_versions": reading.undecided if name == "orders" else None}
            | {"shared_identifiers": shop.people.shared if name == "orders" else None}
            | {group: len(records) for group, records in groups.items()}
            | {
                f"{group}_amount": _amount_of(name, records, shop.settings)
                for group, records in groups.items()
            }
        )
    quality = pd.DataFrame(rows)
    for column in quality.columns[quality.columns.str.endswith("_amount")]:
        quality[column] = money(quality[column])
    return quality


def _before_history(shop: Shop, name: str, reading: Reading) -> int | None:
    """Count the customers' records of people who bought, made before the data begin."""
    if name != "customers":
        return None
    buyers = set(shop.customer_keys)
    return sum(
        shop.people.key_of_id(record) in buyers
        and record.day is not None
        and record.day < shop.history_start
        for record in reading.accepted
    )


def _matched(shop: Shop, name: str, reading: Reading) -> int | None:
    """Count the customers' records of people who bought, and the refunds of accepted orders."""
    if name == "customers":
        buyers = set(shop.customer_keys)
        return sum(shop.people.key_of_id(record) in buyers for record in reading.accepted)
    if name == "refunds":
        orders = {order.text_of("order_id") for order in shop.readings["orders"].accepted}
        came_in = [*reading.accepted, *(record for record, _ in reading.rejected)]
        return sum(record.text_of("order_id") in orders for record in came_in)
    return len(reading.accepted) if name == "order_lines" else None


def _beyond_their_orders(name: str, reading: Reading) -> dict[str, int | None]:
    """Count accepted records that take off more than the goods of an order are worth."""
    discounts = sum(
        order.parsed["discount_amount"] > order.units
        for order in (reading.accepted if name == "orders" else [])
    )
    refunds = sum(
        refund.parsed["is_above_order"]
        for refund in (reading.accepted if name == "refunds" else [])
    )
    return {
        "discounts_above_goods": discounts if name == "orders" else None,
        "refunds_above_order": refunds if name == "refunds" else None,
    }


def _amount_of(name: str, records: list[Record], settings: Settings) -> int:
    column = AMOUNT_COLUMNS.get(name)
    return sum(readable_units(record, column, settings) for record in records) if column else 0


def order_statuses(shop: Shop) -> pd.DataFrame:
    """`retention__order_statuses`: every status of a raw row, its rows, money and treatment."""
    by_status = defaultdict(list)
    for record in shop.readings["orders"].raw:
        by_status[(record.text_of("status") or "").lower() or None].append(record)
    return pd.DataFrame(
        {
            "status": texts(status or "(none)" for status in by_status),
            "treatment": texts(treatment_of(status, shop.settings) for status in by_status),
            "records": [len(records) for records in by_status.values()],
            "gross_amount": money(
                np.array(
                    [
                        _amount_of("orders", records, shop.settings)
                        for records in by_status.values()
                    ],
                    np.int64,
                )
            ),
        }
    )


def rejected_records(shop: Shop) -> pd.DataFrame:
    """`retention__rejected_records`: every row that is not used, why, and its content."""
    rows = [
        (f"raw_{name}", record.text_of(ID_COLUMNS.get(name, "")), reason, record.text)
        for name, reading in shop.readings.items()
        for record, reason in reading.rejected
    ]
    columns = zip(*rows, strict=True) if rows else [()] * 4
    names = ("input", "record_id", "reason", "raw_record")
    return pd.DataFrame({name: texts(column) for name, column in zip(names, columns, strict=True)})
