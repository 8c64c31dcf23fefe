"""From the first order on: what customers do by so many days, and from one order to the next."""

import numpy as np
import pandas as pd

from acceptance.oracle.frames import dates, money, money_or_null, ratio, texts
from acceptance.oracle.marketing import acquisition_cost
from acceptance.oracle.rates import wilson_interval
from acceptance.oracle.records import UNITS_OF_ONE
from acceptance.oracle.shop import Shop
from acceptance.oracle.snapshots import CustomersOverPeriod, Ledger
from acceptance.oracle.survival import day_number, kaplan_meier

LADDER_WINDOWS = (90, 365)


class Histories:
    """Each customer's day of the first purchase, and everything they did since, by its age in days.

    Attributes:
        first: day number of the first purchase, one a customer.
        observed: days from the first purchase to the as-of date, one a customer.
        events: by customer, rows (age, orders, net revenue, margin, unknown costs), in units. What
            is dated before the first purchase has the age 0.
        second: age of the second purchase; more than any window where there is none.
    """

    def __init__(self, shop: Shop, ledger: Ledger) -> None:
        """Gather the events of every customer."""
        self.first = shop.first_purchase_days.astype(np.int64)
        self.observed = day_number(shop.as_of_date) - self.first if shop.customers else self.first
        self.second = np.full(shop.customers, 10**9)
        gathered: list[list[tuple]] = [[] for _ in range(shop.customers)]
        net = ledger.amounts["gross_revenue"] - ledger.amounts["discounts"]
        for customer, day, number, sales, cost, is_known in zip(
            ledger.customer,
            ledger.day.astype(np.int64),
            ledger.number,
            net,
            ledger.amounts["all_costs"],
            ledger.all_costs_are_known,
            strict=True,
        ):
            if customer < 0:
                continue
            age = day - self.first[customer]
            gathered[customer].append(
                (age, 1, sales, sales - cost if is_known else 0, not is_known)
            )
            if number == 2:
                self.second[customer] = age
        for customer, day, amount in zip(
            ledger.refund_customer,
            ledger.refund_day.astype(np.int64),
            ledger.refund_amount,
            strict=True,
        ):
            if customer >= 0:
                age = max(day - self.first[customer], 0)
                gathered[customer].append((age, 0, -amount, -amount, 0))
        self.events = [np.array(sorted(own), dtype=np.int64) for own in gathered]

    def by_day(self, customers: np.ndarray, window: int) -> np.ndarray:
        """Sum (orders, net revenue, margin, unknown costs) of customers by their day `window`."""
        totals = np.zeros(4, dtype=np.int64)
        for customer in customers:
            own = self.events[customer]
            totals += own[own[:, 0] <= window, 1:].sum(axis=0)
        return totals

    def payback_day(self, customers: np.ndarray, cost: int) -> float:
        """First day on which the old enough have brought their share of a cost in units.

        NaN where there is no such day, or where a margin was unknown by then.
        """
        observed = self.observed[customers]
        gains = np.zeros((observed.max() + 1, 3), dtype=np.int64)  # customers, margin, unknown
        leaving = np.zeros((observed.max() + 2, 3), dtype=np.int64)
        for customer, last_day in zip(customers, observed, strict=True):
            own = self.events[customer]
            changes = np.column_stack([np.zeros(len(own), dtype=np.int64), own[:, 3:]])
            np.add.at(gains, own[:, 0], changes)
            gains[0, 0] += 1
            leaving[last_day + 1] += changes.sum(axis=0) + np.array([1, 0, 0])
        present = gains.cumsum(axis=0) - leaving[:-1].cumsum(axis=0)
        for day, (old_enough, margin, unknown) in enumerate(present.tolist()):
            if unknown:
                return np.nan
            if margin * len(customers) >= cost * old_enough:
                return day
        return np.nan


def cohorts_of(shop: Shop) -> list[tuple]:
    """Every cohort with customers: (grain, period or None, dimension, value, customers)."""
    firsts = shop.first_purchase_days.tolist()
    period_of = shop.settings.calendar.period_of
    rows = []
    for grain in ("all", *shop.settings.period_grains):
        periods = [None if grain == "all" else period_of(grain, day) for day in firsts]
        for segmentation in (*shop.segmentations, *shop.first_order_segmentations):
            members: dict[tuple, list[int]] = {}
            for customer, position in enumerate(segmentation.positions.tolist()):
                members.setdefault((periods[customer], position), []).append(customer)
            rows += [
                (
                    grain,
                    period,
                    segmentation.dimension,
                    segmentation.values[position],
                    np.array(own),
                )
                for (period, position), own in members.items()
            ]
    return rows


def repurchase_windows(shop: Shop, ledger: Ledger) -> pd.DataFrame:
    """`retention__repurchase_windows`: every cohort and window, without the reasons."""
    histories = Histories(shop, ledger)
    rows = []
    for grain, period, dimension, value, customers in cohorts_of(shop):
        first, last = (period.start, period.end) if period else (None, None)
        cost = acquisition_cost(shop, dimension, value, first, last)
        payback = np.nan if cost is None else histories.payback_day(customers, cost)
        for window in shop.settings.repurchase_windows:
            mature = customers[histories.observed[customers] >= window]
            rows.append(
                (
                    grain,
                    first or shop.first_day,
                    dimension,
                    value,
                    window,
                    len(customers),
                    len(mature),
                    int((histories.second[mature] <= window).sum()),
                    *histories.by_day(mature, window),
                    np.nan if cost is None else cost / UNITS_OF_ONE / len(customers),
                    payback,
                    len(mature) == len(customers) and (not period or last <= shop.as_of_date),
                )
            )
    names = [
        "cohort_grain",
        "cohort_start",
        "segment_dimension",
        "segment_value",
        "window_days",
        "cohort_customers",
        "mature_customers",
        "repurchased_customers",
        "orders",
        "net_revenue",
        "margin",
        "unknown",
        "customer_acquisition_cost",
        "payback_day",
        "is_complete",
    ]
    frame = pd.DataFrame(rows, columns=names)
    mature = frame["mature_customers"]
    low, high = wilson_interval(frame["repurchased_customers"], mature)
    margin = np.where(frame["unknown"] > 0, np.nan, frame["margin"].astype(float))
    per_customer = ratio(margin / UNITS_OF_ONE, mature)
    revenue = frame["net_revenue"].astype(float)
    return frame.drop(columns="unknown").assign(
        **{name: texts(frame[name]) for name in ("cohort_grain", *names[2:4])},
        cohort_start=dates(frame["cohort_start"]),
        repurchase_rate=ratio(frame["repurchased_customers"], mature),
        repurchase_rate_low=low,
        repurchase_rate_high=high,
        net_revenue=money(frame["net_revenue"].astype(np.int64)),
        net_revenue_per_customer=ratio(revenue / UNITS_OF_ONE, mature),
        margin=money_or_null(margin),
        margin_per_customer=per_customer,
        customer_acquisition_cost=frame["customer_acquisition_cost"].astype(float),
        ltv_to_cac=ratio(per_customer, frame["customer_acquisition_cost"]),
        payback_day=pd.array(frame["payback_day"].astype(float), dtype="Int64"),
        is_complete=frame["is_complete"].astype(bool),
    )


def order_ladder(shop: Shop, ledger: Ledger) -> pd.DataFrame:
    """`retention__order_ladder`: the customers of an n-th order, and those who made another.

    The shares within 90 and 365 days are 1 - Kaplan-Meier; NaN where nobody was watched so long and
    some were still open.
    """
    as_of = day_number(shop.as_of_date) if shop.as_of_date else 0
    days: dict[tuple[int, int], int] = {}
    revenue: dict[tuple[int, int], int] = {}
    net = ledger.amounts["gross_revenue"] - ledger.amounts["discounts"]
    for customer, number, day, amount in zip(
        ledger.customer, ledger.number, ledger.day.astype(np.int64), net, strict=True
    ):
        if customer >= 0:
            days[customer, number] = int(day)
            revenue[customer, number] = int(amount)
    for customer, number, amount in zip(
        ledger.refund_customer, ledger.refund_number, ledger.refund_amount, strict=True
    ):
        if customer >= 0:
            revenue[customer, number] -= int(amount)
    rungs: dict[tuple[str, str, int], list[tuple]] = {}
    for (customer, number), day in days.items():
        following = days.get((customer, number + 1))
        step = (
            (as_of if following is None else following) - day,
            following is not None,
            revenue[customer, number],
        )
        for segmentation in shop.segmentations:
            value = segmentation.values[segmentation.positions[customer]]
            rungs.setdefault((segmentation.dimension, value, number), []).append(step)
    rows = []
    for key, steps in rungs.items():
        durations, went_on = (
            np.array([step[0] for step in steps]),
            np.array([step[1] for step in steps]),
        )
        gaps = durations[went_on]
        curve = kaplan_meier(durations, went_on)
        rows.append(
            (
                *key,
                len(steps),
                int(went_on.sum()),
                sum(step[2] for step in steps),
                *(share_by(curve, window) for window in LADDER_WINDOWS),
                np.quantile(gaps, 0.5, method="inverted_cdf") if len(gaps) else np.nan,
                gaps.mean() if len(gaps) else np.nan,
            )
        )
    names = [
        "segment_dimension",
        "segment_value",
        "order_number",
        "customers",
        "continued_customers",
        "net_revenue",
        "continuation_rate_90_days",
        "continuation_rate_365_days",
        "median_days_to_next",
        "mean_days_to_next",
    ]
    frame = pd.DataFrame(rows, columns=names)
    low, high = wilson_interval(frame["continued_customers"], frame["customers"])
    return frame.assign(
        **{name: texts(frame[name]) for name in names[:2]},
        **{name: frame[name].astype(float) for name in (*names[6:8], "mean_days_to_next")},
        continuation_rate=ratio(frame["continued_customers"], frame["customers"]),
        continuation_rate_low=low,
        continuation_rate_high=high,
        median_days_to_next=pd.array(frame["median_days_to_next"].astype(float), dtype="Int64"),
        net_revenue=money(frame["net_revenue"].astype(np.int64)),
        average_order_value=ratio(
            frame["net_revenue"].astype(float) / UNITS_OF_ONE, frame["customers"]
        ),
    )


def share_by(curve: pd.DataFrame, window: int) -> float:
    """Share of a Kaplan-Meier curve that has had its event by a day, NaN where it ends before."""
    if curve["day"].iloc[-1] < window and curve["survival"].iloc[-1] > 0:
        return np.nan
    return 1 - float(curve.loc[curve["day"] <= window, "survival"].iloc[-1])


def mature_values(
    shop: Shop, ledger: Ledger, base: pd.DataFrame, evaluated: list[CustomersOverPeriod]
) -> dict[str, np.ndarray | pd.Series]:
    """Value by day 365 of all customers who are so old at each close, by row of `base`.

    Columns of `retention__customer_lifetime_value`, margins None where one is unknown.
    """
    histories = Histories(shop, ledger)
    everybody = range(shop.customers)
    by_day_365 = np.array(
        [[1, *histories.by_day(np.array([one]), 365)] for one in everybody], dtype=np.int64
    ).reshape(-1, 5)
    parts = [np.zeros((0, 5), dtype=np.int64)]
    for over in evaluated:
        is_mature = histories.first + 365 <= day_number(over.close)
        counted = by_day_365 * is_mature[:, np.newaxis]
        parts += [segmentation.add_up(counted) for segmentation in shop.segmentations]
    customers, _, revenue, margin, unknown = np.concatenate(parts).T
    known_margin = np.where(unknown > 0, np.nan, margin.astype(float))
    return {
        "mature_customers": customers,
        "mature_net_revenue": money(revenue),
        "mature_margin": money_or_null(known_margin),
        "clv_365_days": ratio(revenue / UNITS_OF_ONE, customers),
        "margin_clv_365_days": ratio(known_margin / UNITS_OF_ONE, customers),
    }


def predicted_values(
    shop: Shop, customers: pd.DataFrame, rows: pd.DataFrame
) -> dict[str, np.ndarray | pd.Series]:
    """Mean predicted CLV of the customers of each row's segment, NULL where one has none."""
    by_segment = {}
    for segmentation in shop.segmentations:
        for position, value in enumerate(segmentation.values):
            own = customers["predicted_clv"][segmentation.positions == position]
            if len(own):
                total = None if own.isna().any() else sum(own, start=own.iloc[0] * 0)
                by_segment[segmentation.dimension, value] = (int(own.notna().sum()), total)
    found = [
        by_segment.get(segment, (None, None))
        for segment in zip(rows["segment_dimension"], rows["segment_value"], strict=True)
    ]
    counts = np.array([np.nan if n is None else n for n, _ in found], dtype=float)
    totals = [total for _, total in found]
    sums = np.array([np.nan if total is None else float(total) for total in totals], dtype=float)
    return {
        "predicted_customers": pd.array(counts, dtype="Int64"),
        "predicted_value": pd.Series(totals, dtype=object),
        "predicted_clv_per_customer": ratio(sums, counts),
    }


def repurchases_of_acquired(acquisition: pd.DataFrame, windows: pd.DataFrame) -> pd.DataFrame:
    """`retention__acquisition` with the repurchase rates by day 90 and 365 of the acquired."""
    segment = ["segment_dimension", "segment_value"]
    for days in (90, 365):
        own = windows[windows["window_days"] == days].set_index(
            ["cohort_grain", "cohort_start", *segment]
        )
        keys = pd.MultiIndex.from_frame(acquisition[["period_grain", "period_start", *segment]])
        found = own[["mature_customers", "repurchased_customers"]].reindex(keys).fillna(0)
        mature, repurchased = (found[name].to_numpy(dtype=np.int64) for name in found)
        low, high = wilson_interval(repurchased, mature)
        acquisition = acquisition.assign(
            **{
                f"mature_customers_{days}_days": mature,
                f"repurchased_customers_{days}_days": repurchased,
                f"repurchase_rate_{days}_days": ratio(repurchased, mature),
                f"repurchase_rate_{days}_days_low": low,
                f"repurchase_rate_{days}_days_high": high,
            }
        )
    return acquisition
