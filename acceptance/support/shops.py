"""Shops for the tests: made by hand, and the public CDNOW purchase log."""

from importlib import metadata

import numpy as np
import pandas as pd


def orders_of(*rows, **columns):
    """Orders (customer, day[, gross amount]) numbered from 1, 10.00 each unless told."""
    frame = pd.DataFrame(
        [(str(number), *row, "10.00")[:4] for number, row in enumerate(rows, start=1)],
        columns=["order_id", "customer_id", "ordered_at", "gross_amount"],
        dtype="str",
    )
    return frame.assign(**columns)


def refunds_of(*rows):
    frame = pd.DataFrame(rows, columns=["order_id", "refunded_at", "amount"], dtype="str")
    frame.insert(0, "refund_id", [str(number) for number in range(len(rows))])
    return frame


def row_of(relation, grain, start, dimension="all", value="all"):
    rows = relation[
        (relation.period_grain == grain)
        & (relation.period_start == np.datetime64(start))
        & (relation.segment_dimension == dimension)
        & (relation.segment_value == value)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def cdnow_log():
    """The file of the purchase log, inside a package that is never imported."""
    return next(
        file.locate() for file in metadata.files("lifetimes") if file.name == "CDNOW_master.txt"
    )


def cdnow_orders():
    """The purchase log as orders numbered by row."""
    log = pd.read_csv(cdnow_log(), sep=r"\s+", dtype=str)
    days = pd.to_datetime(log["date"], format="%Y%m%d").dt.strftime("%Y-%m-%d")
    return orders_of(*zip(log["customer_id"], days, log["dollar_value"], strict=True))


def cdnow_records():
    """Every line of the purchase log as an order, its header too, with the ids of the project.

    A line names no order: its id is its customer, its date and its rank among their lines by value.
    """
    lines = [line.split() for line in cdnow_log().read_text().splitlines()]
    log = pd.DataFrame(
        [(line[0], line[-3], line[-2], line[-1]) for line in lines],
        columns=["customer_id", "date", "units", "gross_amount"],
        dtype="str",
    ).sort_values(["gross_amount", "units"])
    number = log.groupby(["customer_id", "date"]).cumcount() + 1
    return pd.DataFrame(
        {
            "order_id": log["customer_id"] + "-" + log["date"] + "-" + number.astype("str"),
            "customer_id": log["customer_id"],
            "ordered_at": log["date"].str.replace(r"^(.{4})(.{2})", r"\1-\2-", regex=True),
            "gross_amount": log["gross_amount"],
        }
    )
