"""Rates of metrics.md section 3, each a quotient of base quantities."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from acceptance.oracle.frames import money, ratio
from acceptance.oracle.records import UNITS_OF_ONE

Z = 1.959963984540054  # 97.5 % quantile of the standard normal distribution
KEY = [
    "period_grain",
    "period_start",
    "segment_dimension",
    "segment_value",
    "period_end",
    "is_complete",
    "is_warm_up",
]


def wilson_interval(successes: np.ndarray, trials: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % score interval of a proportion (Wilson 1927), NaN where there are no trials.

    Both arguments are arrays of counts of the same length.
    """
    share = ratio(successes, trials)
    per_trial = ratio(np.ones(len(share)), trials)
    centre = share + Z**2 * per_trial / 2
    margin = Z * np.sqrt(share * (1 - share) * per_trial + (Z * per_trial / 2) ** 2)
    scale = 1 + Z**2 * per_trial
    return (centre - margin) / scale, (centre + margin) / scale


@dataclass(frozen=True)
class Ratio:
    """A quotient of base quantities: its mart, and two sums of columns written with signs."""

    mart: str
    numerator: str
    denominator: str
    has_interval: bool = False
    needs_lapses: bool = False


# By the formulas of metrics.md, section 3.
RATIOS = {
    "churn_rate": Ratio("churn_rate", "lost_customers", "opening_customers", True, True),
    "retention_rate": Ratio(
        "retention_rate", "retained_customers", "opening_customers", True, True
    ),
    "retention_rate_net_of_new": Ratio(
        "retention_rate",
        "closing_customers - acquired_customers",
        "opening_customers",
        needs_lapses=True,
    ),
    "retention_rate_simple": Ratio(
        "retention_rate", "closing_customers", "opening_customers", needs_lapses=True
    ),
    "quick_ratio": Ratio(
        "retention_rate", "new_customers + reactivated_customers", "lost_customers"
    ),
    "repeat_customer_rate": Ratio("repeat_rate", "repeat_customers", "ordering_customers", True),
    "returning_customer_rate": Ratio(
        "repeat_rate", "returning_customers", "ordering_customers", True
    ),
    "lifetime_repeat_rate": Ratio(
        "repeat_rate", "cumulative_repeat_customers", "cumulative_customers", True
    ),
    "returning_revenue_share": Ratio("repeat_rate", "later_net_revenue", "net_revenue"),
    "purchase_frequency": Ratio("purchase_frequency", "orders", "ordering_customers"),
    "customer_value": Ratio("purchase_frequency", "net_revenue", "ordering_customers"),
    "average_order_value": Ratio("average_order_value", "net_revenue", "orders"),
    "average_order_value_gross": Ratio("average_order_value", "gross_revenue", "orders"),
    "average_order_value_total": Ratio("average_order_value", "total_revenue", "orders"),
}


def period_mart(base: pd.DataFrame, mart: str) -> pd.DataFrame:
    """Return a mart of ratios, named without its prefix, with the quantities that they are of.

    `base` has the base quantities of each period and segment value, amounts in units. Columns that
    say what to expect are ratios as floats, NaN for NULL, counts as integers, money as Decimal.
    """
    ratios = {name: ratio for name, ratio in RATIOS.items() if ratio.mart == mart}
    quantities = {
        name for one in ratios.values() for name in columns_of(one.numerator, one.denominator)
    }
    columns = {
        name: money(base[name]) if name.endswith("revenue") else base[name] for name in quantities
    }
    for name, one in ratios.items():
        above, below = (evaluate(base, side) for side in (one.numerator, one.denominator))
        values = {name: ratio(above, below)}
        if one.has_interval:
            values[f"{name}_low"], values[f"{name}_high"] = wilson_interval(above, below)
        unknown = base["is_warm_up"] if one.needs_lapses else np.zeros(len(base), dtype=bool)
        columns |= {key: np.where(unknown, np.nan, value) for key, value in values.items()}
    return base[KEY].assign(**columns)


def columns_of(*formulas: str) -> list[str]:
    """Return the names that sums of columns add up."""
    return re.findall(r"[a-z_]+", " ".join(formulas))


def evaluate(base: pd.DataFrame, formula: str) -> np.ndarray:
    """Return a sum of base quantities as floats, amounts in currency units."""
    columns = {
        name: base[name].to_numpy(dtype=float) / (UNITS_OF_ONE if name.endswith("revenue") else 1)
        for name in columns_of(formula)
    }
    return np.asarray(pd.eval(formula, local_dict=columns, engine="python"), dtype=float)
