"""Rates of metrics.md section 3, each a quotient of base quantities."""

import numpy as np
import pandas as pd

from acceptance.oracle.frames import money, ratio

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


def _outside_warm_up(base: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    return np.where(base["is_warm_up"], np.nan, values)


def _mart(base: pd.DataFrame, counts: list[str], **columns: np.ndarray) -> pd.DataFrame:
    return base[KEY + counts].assign(**columns)


def churn_rate(base: pd.DataFrame) -> pd.DataFrame:
    """`retention__churn_rate`: lost / opening; NULL in warm-up periods."""
    lost, opening = base["lost_customers"], base["opening_customers"]
    low, high = wilson_interval(lost, opening)
    return _mart(
        base,
        ["lost_customers", "opening_customers"],
        churn_rate=_outside_warm_up(base, ratio(lost, opening)),
        churn_rate_low=_outside_warm_up(base, low),
        churn_rate_high=_outside_warm_up(base, high),
    )


def retention_rate(base: pd.DataFrame) -> pd.DataFrame:
    """`retention__retention_rate`: the three published definitions and the quick ratio."""
    retained, opening = base["retained_customers"], base["opening_customers"]
    closing, acquired = base["closing_customers"], base["acquired_customers"]
    low, high = wilson_interval(retained, opening)
    return _mart(
        base,
        [
            "retained_customers",
            "lost_customers",
            "new_customers",
            "reactivated_customers",
            "opening_customers",
            "closing_customers",
            "acquired_customers",
        ],
        retention_rate=_outside_warm_up(base, ratio(retained, opening)),
        retention_rate_low=_outside_warm_up(base, low),
        retention_rate_high=_outside_warm_up(base, high),
        retention_rate_net_of_new=_outside_warm_up(base, ratio(closing - acquired, opening)),
        retention_rate_simple=_outside_warm_up(base, ratio(closing, opening)),
        quick_ratio=ratio(
            base["new_customers"] + base["reactivated_customers"], base["lost_customers"]
        ),
    )


def repeat_rate(base: pd.DataFrame) -> pd.DataFrame:
    """`retention__repeat_rate`: who bought twice, who had bought before, and their revenue."""
    counts = {
        "repeat_customer_rate": ("repeat_customers", "ordering_customers"),
        "returning_customer_rate": ("returning_customers", "ordering_customers"),
        "lifetime_repeat_rate": ("cumulative_repeat_customers", "cumulative_customers"),
    }
    columns = {}
    for rate, (part, whole) in counts.items():
        low, high = wilson_interval(base[part], base[whole])
        columns |= {rate: ratio(base[part], base[whole]), f"{rate}_low": low, f"{rate}_high": high}
    return _mart(
        base,
        sorted({name for pair in counts.values() for name in pair}),
        **columns,
        net_revenue=money(base["net_revenue"]),
        later_net_revenue=money(base["later_net_revenue"]),
        returning_revenue_share=ratio(base["later_net_revenue"], base["net_revenue"]),
    )


def purchase_frequency(base: pd.DataFrame) -> pd.DataFrame:
    """`retention__purchase_frequency`: orders a customer, and x AOV = value a customer."""
    ordering = base["ordering_customers"]
    frequency = ratio(base["orders"], ordering)
    return _mart(
        base,
        ["orders", "ordering_customers"],
        net_revenue=money(base["net_revenue"]),
        purchase_frequency=frequency,
        customer_value=frequency * ratio(base["net_revenue"] / 100, base["orders"]),
    )


def average_order_value(base: pd.DataFrame) -> pd.DataFrame:
    """`retention__average_order_value`: net, gross, and net with shipping and tax, an order."""
    orders, net = base["orders"], base["net_revenue"]
    return _mart(
        base,
        ["orders"],
        gross_revenue=money(base["gross_revenue"]),
        net_revenue=money(net),
        total_revenue=money(base["total_revenue"]),
        average_order_value=ratio(net / 100, orders),
        average_order_value_gross=ratio(base["gross_revenue"] / 100, orders),
        average_order_value_total=ratio(base["total_revenue"] / 100, orders),
    )
