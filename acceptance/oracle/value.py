"""What customers are worth: lifetime value, RFM segments and the concentration of revenue."""

import numpy as np
import pandas as pd

from acceptance.oracle.frames import money, money_or_null, ratio, texts
from acceptance.oracle.marketing import cumulative_costs
from acceptance.oracle.rates import KEY, period_mart
from acceptance.oracle.records import UNITS_OF_ONE
from acceptance.oracle.shop import Shop
from acceptance.oracle.snapshots import CustomersOverPeriod, Ledger
from acceptance.oracle.survival import restricted_mean_lifetime


def customer_lifetime_value(
    shop: Shop,
    ledger: Ledger,
    evaluated: list[CustomersOverPeriod],
    base: pd.DataFrame,
    curves: dict[tuple[str, str], pd.DataFrame],
) -> pd.DataFrame:
    """`retention__customer_lifetime_value`: formula CLV and net CLV, without the reasons.

    Formula CLV is the customer value of a period x the lifespan in periods: 1 / churn rate and,
    beside it, the area under the segment's survival curve up to its longest duration, in periods of
    the row's own length in days. NULL where the churn rate is 0 or NULL, where nobody ordered, and
    in the running period, whose customer value is not final. Net CLV is what the customers acquired
    so far have left after the cost of goods and the costs of acquisition and retention, a customer;
    costs are known of the whole shop only.
    """
    value = period_mart(base, "purchase_frequency")["customer_value"].to_numpy()
    churn = period_mart(base, "churn_rate")["churn_rate"].to_numpy()
    is_complete = base["is_complete"].to_numpy()
    lifespan = np.where(is_complete, ratio(np.ones(len(base)), np.nan_to_num(churn)), np.nan)
    means = {
        segment: restricted_mean_lifetime(curve, curve.day.max())
        for segment, curve in curves.items()
    }
    lengths = ((base["period_end"] - base["period_start"]).dt.days + 1).to_numpy(dtype=np.int64)
    segments = zip(base["segment_dimension"], base["segment_value"], strict=True)
    mean_days = np.array([means.get(segment, np.nan) for segment in segments], dtype=float)
    survival_lifespan = mean_days / lengths
    margin = margins_so_far(shop, ledger, evaluated)
    cost = cumulative_costs(shop, base)
    return base[[*KEY, "cumulative_customers"]].assign(
        period_days=lengths,
        customer_value=value,
        churn_rate=churn,
        lifespan_periods=lifespan,
        formula_clv=value * lifespan,
        restricted_mean_lifetime_days=mean_days,
        survival_lifespan_periods=survival_lifespan,
        survival_clv=np.where(is_complete, value * survival_lifespan, np.nan),
        cumulative_margin=money_or_null(margin),
        cumulative_cost=money_or_null(cost),
        net_clv=ratio((margin - cost) / UNITS_OF_ONE, base["cumulative_customers"]),
    )


def margins_so_far(shop: Shop, ledger: Ledger, evaluated: list[CustomersOverPeriod]) -> np.ndarray:
    """Margin in units up to each close, by row of the base quantities; NaN where it is unknown."""
    parts = [np.zeros(0)]
    for over in evaluated:
        margin = ledger.margin_until(over.close)
        unknown = ledger.unknown_costs_until(over.close)
        for segmentation in shop.segmentations:
            totals = segmentation.add_up(np.column_stack([margin, unknown]))
            parts.append(np.where(totals[:, 1] > 0, np.nan, totals[:, 0]))
    return np.concatenate(parts)


def score_by_rank(values: pd.Series) -> pd.Series:
    """Scores 1 (least) to 5 by rank: the fifth in which the least customer of equal value lies."""
    rank = values.rank(method="min").astype(int)
    return 1 + 5 * (rank - 1) // len(values)


def rfm_segment(status: str, recency: int, frequency: int, monetary: int, orders: int) -> str:
    """Named segment of a customer by status, scores and the number of their purchases."""
    if status == "lapsed" or recency <= 2:
        return "at_risk" if max(frequency, monetary) >= 4 else "hibernating"
    if frequency >= 4:
        return "vip" if min(recency, monetary) >= 4 else "loyal"
    return "new" if recency >= 4 and orders == 1 else "occasional"


RFM_SEGMENTS = ("vip", "loyal", "at_risk", "hibernating", "new", "occasional")
RFM_COLUMNS = [
    "segment_dimension",
    "segment_value",
    "rfm_segment",
    "customers",
    "active_customers",
    "orders",
    "net_revenue",
    "customer_share",
    "revenue_share",
]


def rfm_scores(customers: pd.DataFrame) -> pd.DataFrame:
    """Columns of `retention__customers` that compare a customer with all others."""
    scores = pd.DataFrame(
        {
            "recency_score": score_by_rank(customers["last_order_date"]),
            "frequency_score": score_by_rank(customers["orders"]),
            "monetary_score": score_by_rank(customers["net_revenue"].astype(float)),
        }
    )
    columns = [customers["status"], *(scores[name] for name in scores), customers["orders"]]
    named = zip(*columns, strict=True)
    return scores.assign(rfm_segment=texts(rfm_segment(*row) for row in named))


def rfm_segments(shop: Shop, customers: pd.DataFrame) -> pd.DataFrame:
    """`retention__rfm_segments`: the customers of each segment value by named segment."""
    rows = []
    for segmentation in shop.segmentations:
        for position, value in enumerate(segmentation.values):
            members = customers[segmentation.positions == position]
            units = _units(members["net_revenue"])
            for name in RFM_SEGMENTS:
                named = (members["rfm_segment"] == name).to_numpy()
                rows.append(
                    (
                        segmentation.dimension,
                        value,
                        name,
                        int(named.sum()),
                        int((members["status"][named] == "active").sum()),
                        int(members["orders"][named].sum()),
                        int(units[named].sum()),
                        named.sum() / len(named) if len(named) else np.nan,
                        units[named].sum() / units.sum() if units.sum() else np.nan,
                    )
                )
    frame = pd.DataFrame(rows, columns=RFM_COLUMNS)
    return frame.assign(net_revenue=money(frame["net_revenue"]))


def revenue_concentration(shop: Shop, customers: pd.DataFrame) -> pd.DataFrame:
    """`retention__revenue_concentration`: net revenue by decile of customers, the best first.

    The customers of a segment value are ordered by net revenue; ties cannot change what a decile
    holds. The share of the top 20 % is `cumulative_revenue_share` in decile 2.
    """
    rows = []
    for segmentation in shop.segmentations:
        for position, value in enumerate(segmentation.values):
            units = _units(customers["net_revenue"][segmentation.positions == position])
            best_first = np.sort(units)[::-1]
            decile = 1 + 10 * np.arange(len(units)) // max(len(units), 1)
            for number in range(1, 11):
                rows.append(
                    (
                        segmentation.dimension,
                        value,
                        number,
                        int((decile == number).sum()),
                        int(best_first[decile == number].sum()),
                        int(best_first[decile <= number].sum()),
                        int(units.sum()),
                    )
                )
    names = ["segment_dimension", "segment_value", "decile", "customers"]
    frame = pd.DataFrame(rows, columns=[*names, "net_revenue", "so_far", "total"])
    return frame[names].assign(
        net_revenue=money(frame["net_revenue"]),
        revenue_share=ratio(frame["net_revenue"], frame["total"]),
        cumulative_revenue_share=ratio(frame["so_far"], frame["total"]),
    )


def _units(amounts: pd.Series) -> np.ndarray:
    return np.array([int(amount * UNITS_OF_ONE) for amount in amounts], dtype=np.int64)
