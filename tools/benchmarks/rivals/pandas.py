"""The marts of the periods and the cohorts with pandas, by the project's definitions.

No step loops over rows. Amounts are integers of four decimals, which pandas adds exactly, and far
faster than decimals.
"""

from collections.abc import Callable
from dataclasses import dataclass
from glob import glob

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from acceptance.oracle import rates
from acceptance.oracle.bridge import COLUMNS as BRIDGE
from acceptance.oracle.calendar import Calendar
from acceptance.oracle.frames import money, ratio
from acceptance.oracle.snapshots import QUANTITIES, period_snapshots

UNITS = 10_000  # money is kept to four decimals
WINDOW = 90  # activity_window_days, as the project has it unless told
GRAINS = {"week": "W-SUN", "month": "M", "quarter": "Q-DEC", "year": "Y-DEC"}
CLASSES = ("new", "reactivated", "expansion", "contraction", "churned")


def make(connection: duckdb.DuckDBPyConnection, orders: str) -> dict[str, duckdb.DuckDBPyRelation]:
    """Return the marts as relations, by name.

    Args:
        connection: brings the frames to Parquet.
        orders: the Parquet files, a glob.
    """
    return {name: connection.from_df(frame) for name, frame in marts(orders).items()}


def marts(orders: str) -> dict[str, pd.DataFrame]:
    """Return the period snapshots, the rates of periods, the revenue bridge and the cohorts.

    Args:
        orders: the Parquet files, a glob, with the columns of the generator; no refunds.
    """
    shop = read(orders)
    results = [Grain.of(shop, grain) for grain in GRAINS]
    base = pd.concat([snapshots(grain) for grain in results], ignore_index=True)
    return {
        "retention__period_snapshots": period_snapshots(base, Calendar()),
        "retention__churn_rate": rates.period_mart(base, "churn_rate"),
        "retention__retention_rate": rates.period_mart(base, "retention_rate"),
        "retention__repeat_rate": rates.period_mart(base, "repeat_rate"),
        "retention__purchase_frequency": rates.period_mart(base, "purchase_frequency"),
        "retention__average_order_value": rates.period_mart(base, "average_order_value"),
        "retention__revenue_bridge": pd.concat(
            [revenue_bridge(grain, base) for grain in results], ignore_index=True
        ),
        "retention__cohorts": pd.concat(map(cohorts, results), ignore_index=True),
    }


@dataclass(frozen=True)
class Shop:
    """Purchases of known customers by customer and moment, and those without one.

    `purchases` has customer (a number), day (days since 1970), gross, discounts and net (in
    ten-thousandths), number (the customer's first purchase is 1) and active_until (day of the next
    purchase or of the lapse, whichever is earlier). `unattributed` has day and net.
    """

    purchases: pd.DataFrame
    unattributed: pd.DataFrame
    first_day: int
    last_day: int


def read(orders: str) -> Shop:
    """Read the files of orders."""
    table = pq.read_table(sorted(glob(orders)), read_dictionary=["customer_id"])
    days = table["ordered_at"].cast(pa.date32()).cast(pa.int32()).to_numpy()
    gross, discounts = (
        pc.multiply(table[name], pa.scalar(UNITS)).cast(pa.int64()).to_numpy()
        for name in ("gross_amount", "discount_amount")
    )
    everything = pd.DataFrame(
        {
            "customer": table["customer_id"].combine_chunks().to_pandas().cat.codes,
            "ordered_at": table["ordered_at"].to_numpy(),
            "day": days,
            "gross": gross,
            "discounts": discounts,
            "net": gross - discounts,
        }
    )
    bought = everything[pc.not_equal(table["status"], "cancelled").to_numpy()]
    is_known = bought["customer"] >= 0
    # Orders of one moment stand in the files by their ids, as the project sorts them.
    purchases = (
        bought[is_known]
        .sort_values(["customer", "ordered_at"], kind="stable", ignore_index=True)
        .drop(columns="ordered_at")
    )
    by_customer = purchases.groupby("customer", sort=False)
    purchases["number"] = by_customer.cumcount() + 1
    lapse = purchases["day"] + WINDOW
    purchases["active_until"] = np.fmin(by_customer["day"].shift(-1), lapse).astype("int64")
    return Shop(purchases, bought.loc[~is_known, ["day", "net"]], int(days.min()), int(days.max()))


@dataclass(frozen=True)
class Grain:
    """A shop in the periods of a grain, which are numbered from 0.

    `keys` is the key of the period marts, one row a period; `periods` gives the period of a day.
    `active` has what each customer did in each period in which they bought, in the order of both;
    `movements` has customer, period and whether they were new, reactivated or lost.
    """

    shop: Shop
    name: str
    keys: pd.DataFrame
    period_of: Callable[[pd.Series], np.ndarray]
    active: pd.DataFrame
    movements: pd.DataFrame

    @classmethod
    def of(cls, shop: Shop, name: str) -> "Grain":
        """Return a shop in the periods of a grain."""
        first, last = (pd.Timestamp(day, unit="D") for day in (shop.first_day, shop.last_day))
        calendar = pd.period_range(first, last, freq=GRAINS[name])
        starts = calendar.start_time.normalize()
        ends = calendar.end_time.normalize()
        keys = pd.DataFrame(
            {
                "period_grain": name,
                "period_start": starts,
                "segment_dimension": "all",
                "segment_value": "all",
                "period_end": ends,
                "is_complete": ends <= last,
                "is_warm_up": ends < first + pd.Timedelta(days=WINDOW),
            }
        )
        start_days = (starts - pd.Timestamp(0)).days.to_numpy()
        every_day = np.arange(shop.first_day, shop.last_day + 1)
        of_day = np.searchsorted(start_days, every_day, side="right") - 1

        def period_of(days: pd.Series) -> np.ndarray:
            return of_day[days.to_numpy() - shop.first_day]

        active = customer_periods(shop.purchases, period_of)
        return cls(shop, name, keys, period_of, active, movements(active, shop, period_of))

    def count(self, rows: pd.DataFrame, weights: pd.Series | None = None) -> np.ndarray:
        """Count rows, or add up whole numbers, by period: an array of one number a period."""
        totals = np.bincount(rows["period"], weights, minlength=len(self.keys))
        # Sums of integers are exact in floats up to 2^53, which is 900 billion in money.
        return totals.astype("int64")


def customer_periods(
    purchases: pd.DataFrame, period_of: Callable[[pd.Series], np.ndarray]
) -> pd.DataFrame:
    """Return what each customer did in each period in which they bought, sorted by both."""
    period = period_of(purchases["day"])
    is_later = purchases["number"] > 1
    columns = purchases.assign(
        period=period,
        first=~is_later,
        second=purchases["number"] == 2,
        later_net=purchases["net"].where(is_later, 0),
        orders=1,
    )
    # The purchases are sorted by customer and day, so the rows of a group stand together.
    begins = np.flatnonzero(
        np.diff(purchases["customer"], prepend=-1).astype(bool)
        | np.diff(period, prepend=-1).astype(bool)
    )
    ends = np.append(begins[1:], len(purchases)) - 1
    sums = {
        name: np.add.reduceat(columns[name].to_numpy().astype("int64"), begins)
        for name in ("orders", "first", "second", "gross", "discounts", "net", "later_net")
    }
    keys = columns[["customer", "period"]].iloc[begins].reset_index(drop=True)
    return keys.assign(**sums, active_until=purchases["active_until"].to_numpy()[ends])


def movements(
    active: pd.DataFrame, shop: Shop, period_of: Callable[[pd.Series], np.ndarray]
) -> pd.DataFrame:
    """Return who came new, came back or was lost in which period: customer, period, movement.

    A customer is active at the closes from a period of purchases to the last before `active_until`.
    A stretch that starts where none ended is a gain, one that ends where none starts is a loss.
    """
    lapses = active["active_until"] <= shop.last_day
    ends = np.full(len(active), len(shop.purchases) + 1)
    ends[lapses] = period_of(active.loc[lapses, "active_until"])
    runs = active.assign(end=ends, lapses=lapses)[ends > active["period"].to_numpy()]
    by_customer = runs.groupby("customer", sort=False)
    gains = runs[by_customer["end"].shift(1) != runs["period"]]
    losses = runs[runs["lapses"] & (by_customer["period"].shift(-1) != runs["end"])]
    return pd.concat(
        [
            gains[["customer", "period"]].assign(
                movement=np.where(gains["first"] > 0, "new", "reactivated")
            ),
            losses[["customer"]].assign(period=losses["end"], movement="lost"),
        ],
        ignore_index=True,
    )


def snapshots(grain: Grain) -> pd.DataFrame:
    """Return the key and the base quantities of each period, amounts in ten-thousandths."""
    active, movement = grain.active, grain.movements["movement"]
    moved = {
        name: grain.count(grain.movements[movement == name])
        for name in ("new", "reactivated", "lost")
    }
    gained = moved["new"] + moved["reactivated"]
    closing = np.cumsum(gained - moved["lost"])
    sums = {
        name: grain.count(active, active[name])
        for name in ("orders", "first", "second", "gross", "discounts", "net", "later_net")
    }
    unattributed = grain.shop.unattributed
    unattributed = unattributed.assign(period=grain.period_of(unattributed["day"]))
    quantities = {
        "opening_customers": closing - gained + moved["lost"],
        "retained_customers": closing - gained,
        "lost_customers": moved["lost"],
        "new_customers": moved["new"],
        "reactivated_customers": moved["reactivated"],
        "closing_customers": closing,
        "acquired_customers": sums["first"],
        "acquired_before_history": np.zeros(len(grain.keys), dtype="int64"),
        "ordering_customers": grain.count(active),
        "repeat_customers": grain.count(active[active["orders"] > 1]),
        "returning_customers": grain.count(active[active["first"] == 0]),
        "orders": sums["orders"],
        "first_orders": sums["first"],
        "later_orders": sums["orders"] - sums["first"],
        "unattributed_orders": grain.count(unattributed),
        "cumulative_customers": np.cumsum(sums["first"]),
        "cumulative_repeat_customers": np.cumsum(sums["second"]),
        "gross_revenue": sums["gross"],
        "discounts": sums["discounts"],
        "refunds": np.zeros(len(grain.keys), dtype="int64"),
        "net_revenue": sums["net"],
        "later_net_revenue": sums["later_net"],
        "total_revenue": sums["net"],
        "unattributed_net_revenue": grain.count(unattributed, unattributed["net"]),
    }
    return grain.keys.assign(**{name: quantities[name] for name in QUANTITIES})


def revenue_bridge(grain: Grain, base: pd.DataFrame) -> pd.DataFrame:
    """Return `retention__revenue_bridge` of a grain; without refunds nothing is an adjustment."""
    active = grain.active
    by_customer = active.groupby("customer", sort=False)
    follows = by_customer["period"].shift(1) == active["period"] - 1
    precedes = by_customer["period"].shift(-1) == active["period"] + 1
    change = active["net"] - by_customer["net"].shift(1).where(follows, 0).astype("int64")
    gone = active.loc[~precedes, ["period", "net"]].assign(period=lambda rows: rows["period"] + 1)
    gone = gone[gone["period"] < len(grain.keys)]
    is_new = active["first"] > 0
    classes = {
        "new": is_new,
        "reactivated": ~is_new & ~follows,
        "expansion": ~is_new & follows & (change > 0),
        "contraction": ~is_new & follows & (change <= 0),
    }
    amounts = {
        f"{name}_revenue": grain.count(active[where], change[where])
        for name, where in classes.items()
    }
    amounts["contraction_revenue"] = -amounts["contraction_revenue"]
    amounts["churned_revenue"] = grain.count(gone, gone["net"])
    amounts["adjustment_revenue"] = np.zeros(len(grain.keys), dtype="int64")
    current = base.loc[base["period_grain"] == grain.name, "net_revenue"].to_numpy()
    amounts["current_revenue"] = current
    amounts["previous_revenue"] = np.append(0, current[:-1])
    kept = amounts["previous_revenue"] - amounts["contraction_revenue"] - amounts["churned_revenue"]
    return grain.keys.assign(
        **{name: money(amounts[name]) for name in BRIDGE},
        net_revenue_retention=ratio(
            kept + amounts["expansion_revenue"], amounts["previous_revenue"]
        ),
        gross_revenue_retention=ratio(kept, amounts["previous_revenue"]),
    )


def cohorts(grain: Grain) -> pd.DataFrame:
    """Return `retention__cohorts` of a grain: one row a cohort with customers and an age."""
    periods = len(grain.keys)
    active, moves, purchases = grain.active, grain.movements, grain.shop.purchases
    customers = purchases["customer"].max() + 1
    is_first = purchases["number"] == 1
    cohort_of = np.empty(customers, dtype="int64")
    cohort_of[purchases.loc[is_first, "customer"]] = grain.period_of(purchases.loc[is_first, "day"])

    def table(rows: pd.DataFrame, weights: np.ndarray | None = None) -> np.ndarray:
        """Add up by cohort (down) and period (across)."""
        cell = cohort_of[rows["customer"]] * periods + rows["period"].to_numpy()
        totals = np.bincount(cell, weights, minlength=periods * periods)
        return totals.astype("int64").reshape(periods, periods)

    last = active.drop_duplicates("customer", keep="last")
    gains = np.where(moves["movement"] == "lost", -1, 1)
    bought_last = table(last)
    size = np.bincount(cohort_of[last["customer"]], minlength=periods)
    cohort, period = np.nonzero((size > 0)[:, None] & np.triu(np.ones((periods, periods), bool)))
    until_now = {
        "active_customers": table(moves, gains).cumsum(axis=1),
        "returned_on_or_after": size[:, None] - bought_last.cumsum(axis=1) + bought_last,
        "cumulative_orders": table(active, active["orders"]).cumsum(axis=1),
    }
    cells = {name: totals[cohort, period] for name, totals in until_now.items()}
    ordering = table(active)[cohort, period]
    amounts = table(active, active["net"]).cumsum(axis=1)[cohort, period]
    return pd.DataFrame(
        {
            "cohort_grain": grain.name,
            "cohort_start": grain.keys["period_start"].to_numpy()[cohort],
            "segment_dimension": "all",
            "segment_value": "all",
            "age": period - cohort,
            "cohort_customers": size[cohort],
            "ordering_customers": ordering,
            **cells,
            "cumulative_net_revenue": money(amounts),
            "retention_rate": ratio(ordering, size[cohort]),
            "cumulative_value_per_customer": ratio(amounts / UNITS, size[cohort]),
            "is_complete": grain.keys["is_complete"].to_numpy()[period],
        }
    )
