"""What customers are worth: formula CLV, RFM scores and the concentration of revenue."""

import numpy as np
import pandas as pd

from harness.recomputation.frames import money, ratio
from harness.recomputation.rates import KEY, churn_rate, purchase_frequency
from harness.recomputation.survival import restricted_mean_lifetime


def customer_lifetime_value(
    base: pd.DataFrame, curves: dict[tuple[str, str], pd.DataFrame]
) -> pd.DataFrame:
    """`retention__customer_lifetime_value`, the formula CLV: value a period x lifespan in periods.

    The lifespan is 1 / churn rate and, beside it, the area under the segment's survival curve up to
    its longest duration, in periods of the row's own length in days. NULL with a reason where the
    churn rate is 0 or NULL, or nobody ordered.
    """
    value = purchase_frequency(base)["customer_value"].to_numpy()
    churn = churn_rate(base)["churn_rate"].to_numpy()
    lifespan = ratio(np.ones(len(base)), np.nan_to_num(churn))
    means = {
        segment: restricted_mean_lifetime(curve, curve.day.max())
        for segment, curve in curves.items()
    }
    lengths = (base["period_end"] - base["period_start"]).dt.days + 1
    segments = zip(base["segment_dimension"], base["segment_value"], strict=True)
    days = np.array([means.get(segment, np.nan) for segment in segments], dtype=float)
    survival_lifespan = days / lengths.to_numpy()
    reasons = np.select(
        [
            base["is_warm_up"],
            base["opening_customers"] == 0,
            churn == 0,
            np.isnan(value),
        ],
        ["warm-up period", "no opening customers", "nobody was lost", "nobody ordered"],
        "",
    )
    return base[KEY].assign(
        customer_value=value,
        churn_rate=churn,
        lifespan_periods=lifespan,
        formula_clv=value * lifespan,
        survival_lifespan_periods=survival_lifespan,
        survival_clv=value * survival_lifespan,
        reason=pd.Series([reason or None for reason in reasons], dtype=object),
    )


def score_by_rank(values: pd.Series) -> pd.Series:
    """Scores 1 (least) to 5 by rank: the fifth in which the least customer of equal value lies."""
    rank = values.rank(method="min").astype(int)
    return 1 + 5 * (rank - 1) // len(values)


def rfm_scores(customers: pd.DataFrame) -> pd.DataFrame:
    """Recency, frequency and monetary scores of `retention__customers`, by customer key."""
    return customers[["customer_key"]].assign(
        recency_score=score_by_rank(customers["last_order_date"]),
        frequency_score=score_by_rank(customers["orders"]),
        monetary_score=score_by_rank(customers["net_revenue"].astype(float)),
    )


def revenue_concentration(customers: pd.DataFrame) -> pd.DataFrame:
    """`retention__revenue_concentration`: net revenue by decile of customers, the best first.

    Customers are ordered by net revenue, then by key; `cumulative_revenue_share` in decile 2 is the
    share of the top 20 %.
    """
    ordered = customers.sort_values("customer_key").sort_values(
        "net_revenue", ascending=False, kind="stable"
    )
    decile = 1 + 10 * np.arange(len(ordered)) // max(len(ordered), 1)
    cents = pd.Series([int(amount * 100) for amount in ordered["net_revenue"]], dtype="int64")
    groups = cents.groupby(decile)
    sums = groups.sum()
    total = np.full(len(sums), cents.sum())
    return pd.DataFrame(
        {
            "decile": sums.index.astype("int64"),
            "customers": groups.size().to_numpy(),
            "net_revenue": money(sums),
            "revenue_share": ratio(sums.to_numpy(), total),
            "cumulative_revenue_share": ratio(sums.cumsum().to_numpy(), total),
        }
    )
