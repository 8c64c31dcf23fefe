"""Predicted customer lifetime value by the formulas of the textbook.

BG/NBD as printed in Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, equation
(10); Gamma-Gamma as in Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value, equation
(5). The printed form of the former overflows for very frequent customers and is singular at a = 1.
"""

import math
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
from scipy.special import hyp2f1

from acceptance.oracle.frames import texts
from acceptance.oracle.records import UNITS_OF_ONE
from acceptance.oracle.settings import Settings
from acceptance.oracle.snapshots import Ledger
from acceptance.oracle.survival import day_number, purchase_days

COLUMNS = (
    "probability_alive",
    "expected_purchases",
    "expected_order_value",
    "predicted_clv",
    "value_at_risk",
    "probability_of_purchase",
    "expected_next_order_date",
    "churn_risk",
)


def probability_alive(fit: dict[str, float], x: int, t_x: float, T: float) -> float:
    """P(alive | x, t_x, T): the customer has not dropped out by the end of the observation."""
    r, alpha, a, b = (fit[name] for name in ("r", "alpha", "a", "b"))
    if x == 0:
        return 1.0
    return 1 / (1 + a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x))


def expected_purchases(fit: dict[str, float], x: int, t_x: float, T: float, t: float) -> float:
    """E[Y(t) | x, t_x, T]: purchases expected in the next `t` weeks."""
    r, alpha, a, b = (fit[name] for name in ("r", "alpha", "a", "b"))
    series = hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + T + t))
    remains = ((alpha + T) / (alpha + T + t)) ** (r + x) * series
    return (a + b + x - 1) / (a - 1) * (1 - remains) * probability_alive(fit, x, t_x, T)


def probability_of_purchase(fit: dict[str, float], x: int, t_x: float, T: float, t: float) -> float:
    """P(a purchase within the next `t` weeks): alive, and the gamma mixture of waiting times."""
    waits_longer = ((fit["alpha"] + T) / (fit["alpha"] + T + t)) ** (fit["r"] + x)
    return probability_alive(fit, x, t_x, T) * (1 - waits_longer)


def median_wait(fit: dict[str, float], x: int, T: float) -> float:
    """Weeks after which a customer who is alive has bought with probability 1/2; inf if huge."""
    try:
        return (fit["alpha"] + T) * (2 ** (1 / (fit["r"] + x)) - 1)
    except OverflowError:
        return math.inf


def churn_risk(purchase: float) -> str:
    """Low, medium or high: no purchase is less likely than 1/3, up to 2/3, more likely."""
    none = 1 - purchase
    return "low" if none < 1 / 3 else "medium" if none <= 2 / 3 else "high"


def expected_order_value(fit: dict[str, float], x: int, mean_value: float) -> float:
    """E[M | x, mean value]: the customer's own mean value and that of all, weighted by x."""
    p, q, v = (fit[name] for name in ("p", "q", "v"))
    return p * (v + x * max(mean_value, 0)) / (p * x + q - 1)


def discounted_purchases(
    fit: dict[str, float], x: int, t_x: float, T: float, settings: Settings
) -> float:
    """Purchases of the horizon, each worth (1 + rate)^-years in the middle of its part.

    The horizon is cut into parts of equal length, of at most 30 days.
    """
    horizon, rate = settings.clv_horizon_days, settings.clv_discount_rate_annual
    parts = math.ceil(horizon / 30)
    ends = [horizon / 7 * part / parts for part in range(parts + 1)]
    until = [0.0, *(expected_purchases(fit, x, t_x, T, end) for end in ends[1:])]
    middles = [horizon / 365 * (part - 0.5) / parts for part in range(1, parts + 1)]
    return sum(
        (later - sooner) * (1 + rate) ** -years
        for sooner, later, years in zip(until, until[1:], middles, strict=False)
    )


def predictions(ledger: Ledger) -> pd.DataFrame:
    """Predicted columns of `retention__customers`, one row a customer, by the parameters given.

    x counts repeat purchase days, t_x and T are the weeks from the first purchase to the last one
    and to the as-of date. The value of a purchase is gross revenue less discounts; the mean is that
    of the repeat purchase days.
    """
    shop, settings = ledger.shop, ledger.shop.settings
    bg_nbd = dict(settings.clv_parameters["bg_nbd"])
    gamma_gamma = dict(settings.clv_parameters["gamma_gamma"])
    as_of = day_number(shop.as_of_date) if shop.customers else 0
    sales = ledger.amounts["gross_revenue"] - ledger.amounts["discounts"]
    later_days = (
        ledger.day > np.append(shop.first_purchase_days, np.datetime64("NaT"))[ledger.customer]
    )
    later_sales = ledger.per_customer(later_days, sales)
    scored: dict[tuple, tuple[float, ...]] = {}
    rows = []
    for days, units in zip(purchase_days(ledger), later_sales.tolist(), strict=True):
        x, t_x, T = len(days) - 1, (days[-1] - days[0]) / 7, (as_of - days[0]) / 7
        if (x, t_x, T) not in scored:
            scored[x, t_x, T] = (
                probability_alive(bg_nbd, x, t_x, T),
                expected_purchases(bg_nbd, x, t_x, T, settings.clv_horizon_days / 7),
                discounted_purchases(bg_nbd, x, t_x, T, settings),
                probability_of_purchase(bg_nbd, x, t_x, T, settings.purchase_probability_days / 7),
                next_order_date(as_of, 7 * median_wait(bg_nbd, x, T), settings.clv_horizon_days),
            )
        alive, purchases, discounted, soon, next_order = scored[x, t_x, T]
        value = expected_order_value(gamma_gamma, x, units / UNITS_OF_ONE / x if x else 0)
        clv = discounted * value
        at_risk = clv / alive * (1 - alive) if alive else 0
        amounts = map(_money, (value, clv, at_risk))
        rows.append((alive, purchases, *amounts, soon, next_order, churn_risk(soon)))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["churn_risk"] = texts(frame["churn_risk"])
    frame["expected_next_order_date"] = pd.to_datetime(frame["expected_next_order_date"])
    frame.insert(0, "customer_key", texts(shop.customer_keys))
    return frame


DAYS_BEFORE_LAPSE = 14
AUDIENCE_COLUMNS = ["audience", "customer_key", "rank", "value"]


def audiences(customers: pd.DataFrame, gaps: pd.DataFrame, as_of_date: date) -> pd.DataFrame:
    """`retention__audiences` without the reasons, of the rows of `retention__customers`.

    Nothing predicted (None) leaves what a customer has brought so far. `gaps` is
    `retention__order_gaps`, whose median says when the next order is due.
    """
    merged = (gaps["kind"] == "percentile") & (gaps["same_day_orders"] == "merged")
    median_gap = gaps.loc[merged & (gaps["percent"] == 50), "days"].max()
    members: dict[str, list[tuple[Decimal, str]]] = {}
    for row in customers.itertuples():
        ahead = row.historical_clv if pd.isna(row.predicted_clv) else row.predicted_clv
        lost = row.historical_clv if pd.isna(row.value_at_risk) else row.value_at_risk
        active = row.status == "active"
        waited = (pd.Timestamp(as_of_date) - row.last_order_date).days
        left = (row.lapse_date - pd.Timestamp(as_of_date)).days
        rules = {
            "win_back": (not active and lost > 0, lost),
            "about_to_lapse": (active and left <= DAYS_BEFORE_LAPSE, ahead),
            "second_order_due": (active and row.orders == 1 and waited >= median_gap, ahead),
            "vip": (row.rfm_segment == "vip", row.historical_clv),
            "at_risk": (active and row.rfm_segment == "at_risk", lost),
            "new": (row.rfm_segment == "new", ahead),
        }
        for audience, (is_member, value) in rules.items():
            # A rule that reads an unknown prediction has nobody.
            if not pd.isna(is_member) and is_member:
                members.setdefault(audience, []).append((-value, row.customer_key))
    rows = [
        (audience, key, rank, -negative)
        for audience, listed in members.items()
        for rank, (negative, key) in enumerate(sorted(listed), start=1)
    ]
    return pd.DataFrame(rows, columns=AUDIENCE_COLUMNS)


def next_order_date(as_of: int, wait_days: float, horizon_days: int) -> np.datetime64 | None:
    """The as-of date and a wait rounded to days; None where it lies beyond the horizon."""
    if wait_days > horizon_days:
        return None
    return np.datetime64(as_of + round(wait_days), "D")


def _money(amount: float) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.0001"), ROUND_HALF_UP)
