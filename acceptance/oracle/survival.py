"""How long customers stay, and how long they pause: survival and order gaps."""

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd

from acceptance.oracle.frames import ratio, texts
from acceptance.oracle.rates import Z
from acceptance.oracle.shop import Shop
from acceptance.oracle.snapshots import Ledger, active_at_close

PERCENTILES = (50, 80, 90, 95)
WINDOWS = (30, 60, 90, 120, 180, 270, 365)


def purchase_days(ledger: Ledger) -> list[list[int]]:
    """Distinct purchase days of each customer in order, as days since 1970-01-01."""
    days: list[set[int]] = [set() for _ in range(ledger.shop.customers)]
    for customer, day in zip(ledger.customer, ledger.day.astype(int), strict=True):
        if customer >= 0:
            days[customer].add(int(day))
    return [sorted(own) for own in days]


def first_lapse(days: list[int], windows: list[int]) -> int:
    """First day on which a customer was active no longer.

    That is the first purchase day + W unless they bought again on or before it, and so on. Each
    purchase has its W; what is bought within a longer one does not cut it short.
    """
    end = days[0] + windows[0]
    for day, window in zip(days, windows, strict=True):
        if day > end:
            return end
        end = max(end, day + window)
    return end


def kaplan_meier(durations: np.ndarray, observed: np.ndarray) -> pd.DataFrame:
    """Product-limit estimate of survival (Kaplan & Meier 1958): one row on day 0 and a duration.

    `durations` are integers in days, `observed` tells an event from a censored duration; both have
    one element a customer. The 95 % interval is Greenwood's on the log(-log) scale (Kalbfleisch &
    Prentice 1980), which stays within 0 and 1; where survival is 0 or 1 it has no width.
    """
    rows = []
    survival, greenwood = 1.0, 0.0
    for day in sorted({0, *durations.tolist()}):
        at_risk = int((durations >= day).sum())
        events = int(((durations == day) & observed).sum())
        censored = int(((durations == day) & ~observed).sum())
        survival *= 1 - events / at_risk
        if events < at_risk:
            greenwood += events / (at_risk * (at_risk - events))
        low = high = survival
        if 0 < survival < 1:
            margin = Z * np.sqrt(greenwood) / abs(np.log(survival))
            low, high = survival ** np.exp(margin), survival ** np.exp(-margin)
        rows.append((day, at_risk, events, censored, survival, low, high))
    names = ("day", "at_risk", "events", "censored", "survival", "survival_low", "survival_high")
    return pd.DataFrame(rows, columns=list(names))


def median_lifetime(curve: pd.DataFrame) -> float:
    """First day on which half of the customers or fewer survive; NaN where more always do."""
    return next((float(row.day) for row in curve.itertuples() if row.survival <= 0.5), np.nan)


def restricted_mean_lifetime(curve: pd.DataFrame, horizon: float) -> float:
    """Area under a survival curve from day 0 to the horizon, in days (Irwin 1949)."""
    ends = np.append(curve.day.to_numpy()[1:], max(horizon, curve.day.max()))
    widths = np.minimum(ends, horizon) - np.minimum(curve.day.to_numpy(), horizon)
    return float((widths * curve.survival.to_numpy()).sum())


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return int(np.datetime64(day, "D").astype(int))


def lifetimes(ledger: Ledger) -> tuple[np.ndarray, np.ndarray]:
    """Days from the first purchase to the first lapse, and whether it happened by the as-of date.

    A lapse after the as-of date has not happened: the duration then ends on the as-of date.
    """
    shop = ledger.shop
    as_of = day_number(shop.as_of_date)
    firsts = shop.first_purchase_days.astype(np.int64)
    window = shop.settings.activity_window_days
    if window == "period":
        lapses = first_lapses_by_period(ledger)
    else:
        own: list[list[tuple[int, int]]] = [[] for _ in range(shop.customers)]
        days = ledger.day.astype(int).tolist()
        for customer, day, days_active in zip(ledger.customer, days, ledger.window, strict=True):
            if customer >= 0:
                own[customer].append((day, int(days_active)))
        lapses = np.array(
            [first_lapse(*map(list, zip(*sorted(terms), strict=True))) for terms in own],
            dtype=np.int64,
        )
    return np.minimum(lapses, as_of) - firsts, lapses <= as_of


def first_lapses_by_period(ledger: Ledger) -> np.ndarray:
    """First day of the first period, of the shortest grain, at whose close a customer was lost.

    The running period closes with the as-of date; who has not been lost by then has the day after.
    """
    shop = ledger.shop
    lapses = np.full(shop.customers, day_number(shop.as_of_date) + 1)
    grain = shop.settings.shortest_grain
    for period in reversed(
        shop.settings.calendar.periods_between(grain, shop.first_day, shop.as_of_date)
    ):
        was_customer = shop.first_purchase_days < np.datetime64(period.start, "D")
        active = active_at_close(ledger, period, min(period.end, shop.as_of_date))
        lapses[was_customer & ~active] = day_number(period.start)
    return lapses


def survival_curves(shop: Shop, ledger: Ledger) -> dict[tuple[str, str], pd.DataFrame]:
    """Kaplan-Meier curve of every segment value with customers."""
    if not shop.customers:
        return {}
    durations, observed = lifetimes(ledger)
    curves = {}
    for segmentation in shop.segmentations:
        for position, value in enumerate(segmentation.values):
            members = segmentation.positions == position
            if members.any():
                curve = kaplan_meier(durations[members], observed[members])
                curves[segmentation.dimension, value] = curve
    return curves


def survival(curves: dict[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    """`retention__survival`: the curves below one another."""
    none = kaplan_meier(np.array([0]), np.array([False]))[:0]
    parts = [none.assign(segment_dimension=texts([]), segment_value=texts([]))] + [
        curve.assign(segment_dimension=dimension, segment_value=value)
        for (dimension, value), curve in curves.items()
    ]
    return pd.concat(parts, ignore_index=True)


def survival_lifetimes(curves: dict[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    """`retention__survival_lifetimes`: median and restricted mean lifetime of every curve."""
    rows = [
        (
            dimension,
            value,
            int(curve.at_risk.iloc[0]),
            int(curve.events.sum()),
            median_lifetime(curve),
            restricted_mean_lifetime(curve, curve.day.max()),
            int(curve.day.max()),
        )
        for (dimension, value), curve in curves.items()
    ]
    names = (
        "segment_dimension",
        "segment_value",
        "customers",
        "lapsed_customers",
        "median_lifetime_days",
        "restricted_mean_lifetime_days",
        "longest_observed_days",
    )
    return pd.DataFrame(rows, columns=list(names)).astype({"median_lifetime_days": "Int64"})


def order_gaps(ledger: Ledger) -> pd.DataFrame:
    """`retention__order_gaps`: percentiles of the gaps, and what each window would have meant.

    A gap lies between consecutive purchase dates of a customer, or, where orders of one day are
    `kept`, between consecutive purchases. Rows of `kind` percentile carry `percent` and the
    shortest gap in `days` that as many gaps do not exceed. Rows of `kind` window carry the window
    in `days`, the gaps longer than it, the customers who had lapsed at least once by the as-of
    date, and those of them who bought again after. The window in use has a row of its own.
    """
    shop = ledger.shop
    days = purchase_days(ledger)
    gaps = np.array([later - day for own in days for day, later in pairwise(own)], dtype=np.int64)
    purchases = int((ledger.customer >= 0).sum())
    same_day = np.zeros(purchases - sum(map(len, days)), dtype=np.int64)
    as_of = day_number(shop.as_of_date) if shop.as_of_date else 0
    rows = [
        {
            "kind": "percentile",
            "same_day_orders": same_day_orders,
            "percent": percent,
            "days": np.quantile(own, percent / 100, method="inverted_cdf") if len(own) else None,
            "gaps": len(own),
            "is_window_in_use": None,
        }
        for same_day_orders, own in (("merged", gaps), ("kept", np.append(same_day, gaps)))
        for percent in PERCENTILES
    ]
    in_use = shop.settings.activity_window_days
    for window in sorted({*WINDOWS, in_use} - {"period"}):
        lapses = [(own, first_lapse(own, [window] * len(own))) for own in days]
        lost = [(own, lapse) for own, lapse in lapses if lapse <= as_of]
        rows.append(
            {
                "kind": "window",
                "same_day_orders": "merged",
                "is_window_in_use": window == in_use,
                "days": window,
                "gaps": len(gaps),
                "longer_gaps": int((gaps > window).sum()),
                "lost_customers": len(lost),
                "returned_customers": sum(own[-1] > lapse for own, lapse in lost),
            }
        )
    frame = pd.DataFrame(rows)
    for name in ("percent", "days", "longer_gaps", "lost_customers", "returned_customers"):
        frame[name] = frame[name].astype("Int64")
    frame["is_window_in_use"] = frame["is_window_in_use"].astype("boolean")
    numbers = frame.astype({"longer_gaps": float, "lost_customers": float})
    return frame.assign(
        longer_gap_share=ratio(numbers.longer_gaps, frame.gaps),
        returned_share=ratio(frame.returned_customers.astype(float), numbers.lost_customers),
    )
