"""`retention__metrics`: every metric of every period as a row, from the marts that hold it."""

import numpy as np
import pandas as pd

from acceptance.oracle.calendar import Calendar
from acceptance.oracle.frames import texts
from acceptance.oracle.rates import KEY, RATIOS

# Metric -> its relation, numerator and denominator, by the formulas of metrics.md. A sum of columns
# is written with signs; what is no ratio has neither.
METRICS = {name: (one.mart, one.numerator, one.denominator) for name, one in RATIOS.items()} | {
    **{
        f"contribution_margin_{level}_rate": (
            "contribution_margin",
            f"contribution_margin_{level}",
            "net_revenue",
        )
        for level in (1, 2, 3)
    },
    "net_revenue_retention": (
        "revenue_bridge",
        "previous_revenue + expansion_revenue - contraction_revenue - churned_revenue",
        "previous_revenue",
    ),
    "gross_revenue_retention": (
        "revenue_bridge",
        "previous_revenue - contraction_revenue - churned_revenue",
        "previous_revenue",
    ),
    "clv_365_days": ("customer_lifetime_value", "mature_net_revenue", "mature_customers"),
    "margin_clv_365_days": ("customer_lifetime_value", "mature_margin", "mature_customers"),
    "predicted_clv_per_customer": (
        "customer_lifetime_value",
        "predicted_value",
        "predicted_customers",
    ),
    "lifespan_periods": ("customer_lifetime_value", "1", "churn_rate"),
    "formula_clv": ("customer_lifetime_value", "customer_value", "churn_rate"),
    "survival_lifespan_periods": (
        "customer_lifetime_value",
        "restricted_mean_lifetime_days",
        "period_days",
    ),
    "survival_clv": (
        "customer_lifetime_value",
        "customer_value * restricted_mean_lifetime_days",
        "period_days",
    ),
    "net_clv": (
        "customer_lifetime_value",
        "cumulative_margin - cumulative_cost",
        "cumulative_customers",
    ),
    "customer_acquisition_cost": ("acquisition", "acquisition_cost", "acquired_customers"),
    "return_on_investment": (
        "acquisition",
        "acquired_margin - acquisition_cost",
        "acquisition_cost",
    ),
    "clv_to_cac": ("acquisition", "clv", "customer_acquisition_cost"),
    "payback_periods": ("acquisition", None, None),
    **{
        f"repurchase_rate_{days}_days": (
            "acquisition",
            f"repurchased_customers_{days}_days",
            f"mature_customers_{days}_days",
        )
        for days in (90, 365)
    },
    "referral_rate": ("acquisition", "referred_customers", "acquired_customers"),
    "net_promoter_score": ("net_promoter_score", "promoters - detractors", "responses"),
}


def metrics(relations: dict[str, pd.DataFrame], calendar: Calendar) -> pd.DataFrame:
    """Value, numerator, denominator and bounds of every metric, from the expected relations."""
    parts = []
    for metric, (relation, numerator, denominator) in METRICS.items():
        rows = relations[f"retention__{relation}"]
        if "touchpoint" in rows:
            rows = rows[rows["touchpoint"] == "all"]
        parts.append(
            rows[KEY].assign(
                period_name=texts(calendar.names_of(rows)).set_axis(rows.index),
                metric=metric,
                value=_numbers(rows, metric),
                numerator=_calculated(rows, numerator),
                denominator=_calculated(rows, denominator),
                low=_numbers(rows, f"{metric}_low"),
                high=_numbers(rows, f"{metric}_high"),
            )
        )
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(metric=texts(frame["metric"]))


def _numbers(rows: pd.DataFrame, column: str) -> np.ndarray:
    if column not in rows:
        return np.full(len(rows), np.nan)
    return rows[column].astype(object).where(rows[column].notna(), np.nan).to_numpy(dtype=float)


def _calculated(rows: pd.DataFrame, formula: str | None) -> np.ndarray:
    if formula is None:
        return np.full(len(rows), np.nan)
    names = formula.replace("+", " ").replace("-", " ").replace("*", " ").split()
    columns = {name: _numbers(rows, name) for name in names if name in rows}
    values = pd.eval(formula, local_dict=columns, engine="python")
    return np.broadcast_to(np.asarray(values, dtype=float), len(rows))
