"""Relations from the inputs beside the orders: costs, referrals and survey responses."""

import numpy as np
import pandas as pd

from harness.recomputation.frames import money, ratio, texts
from harness.recomputation.rates import KEY
from harness.recomputation.shop import UNKNOWN, Shop
from harness.recomputation.snapshots import (
    CustomersOverPeriod,
    all_periods,
    between,
    period_key_frame,
)

PURPOSES = ("acquisition", "retention")
CHANNEL_DIMENSIONS = ("channel", "acquisition_channel")
ALL_TOUCHPOINTS = "all"


def costs_by_period(shop: Shop, base: pd.DataFrame, purpose: str) -> np.ndarray:
    """Costs of a purpose in cents by row of the base quantities, NaN where none are known.

    The total has the costs of every channel, a channel its own; other segments share no costs.
    """
    spent = [cost for cost in shop.readings["costs"].accepted if cost.parsed["purpose"] == purpose]
    days = np.array([cost.day for cost in spent], dtype="datetime64[D]")
    cents = np.array([cost.cents for cost in spent], dtype=float)
    channels = np.array([cost.text_of("channel") or UNKNOWN for cost in spent], dtype=object)
    amounts = []
    for row in base.itertuples():
        where = between(days, row.period_start.date(), row.period_end.date())
        if row.segment_dimension in CHANNEL_DIMENSIONS:
            where &= channels == row.segment_value
        elif row.segment_dimension != "all":
            where &= False
        amounts.append(cents[where].sum() if where.any() else np.nan)
    return np.array(amounts, dtype=float)


def referred_customers(shop: Shop) -> np.ndarray:
    """Whether each customer's record names a referrer."""
    speakers = shop.people.speakers(shop.readings["customers"].accepted)
    named = {key for key, record in speakers.items() if record.text_of("referred_by_customer_id")}
    return np.array([key in named for key in shop.customer_keys], dtype=bool)


def acquisition(
    shop: Shop, base: pd.DataFrame, evaluated: list[CustomersOverPeriod], clv: pd.DataFrame
) -> pd.DataFrame:
    """`retention__acquisition`: costs, cost an acquired customer, CLV:CAC, payback, referral rate.

    NULL where costs are missing, never 0. Payback is the number of periods in which the customer
    value earns the acquisition cost.
    """
    referred = referred_customers(shop).astype(np.int64)
    counts = [
        segmentation.add_up((over.quantities["acquired_customers"] * referred)[:, np.newaxis])[:, 0]
        for over in evaluated
        for segmentation in shop.segmentations
    ]
    referrals = np.concatenate([np.zeros(0, dtype=np.int64), *counts])
    costs = {purpose: costs_by_period(shop, base, purpose) for purpose in PURPOSES}
    acquired = base["acquired_customers"]
    cost_per_customer = ratio(costs["acquisition"] / 100, acquired)
    return base[[*KEY, "acquired_customers"]].assign(
        acquisition_cost=_money_or_null(costs["acquisition"]),
        retention_cost=_money_or_null(costs["retention"]),
        customer_acquisition_cost=cost_per_customer,
        clv_to_cac=ratio(clv["formula_clv"], cost_per_customer),
        payback_periods=ratio(cost_per_customer, clv["customer_value"]),
        referral_rate=ratio(referrals, acquired),
    )


def _money_or_null(cents: np.ndarray) -> pd.Series:
    amounts = money(np.nan_to_num(cents).astype(np.int64))
    amounts[np.isnan(cents)] = None
    return amounts


def net_promoter_score(shop: Shop) -> pd.DataFrame:
    """`retention__net_promoter_score`: one row a period, segment and touchpoint with responses.

    The score is promoters (9-10) less detractors (0-6) over responses, as a fraction (Reichheld
    2003). The touchpoint `all` holds every response.
    """
    responses = shop.readings["survey_responses"].accepted
    index_of = {key: index for index, key in enumerate(shop.customer_keys)}
    customers = [index_of.get(shop.people.key_of(response)) for response in responses]
    days = np.array([response.day for response in responses], dtype="datetime64[D]")
    scores = np.array([response.parsed["score"] for response in responses], dtype=np.int64)
    touchpoints = [response.text_of("touchpoint") or UNKNOWN for response in responses]
    keys, rows = [], []
    for period in all_periods(shop):
        inside = between(days, period.start, period.end)
        if not inside.any():
            continue
        for segmentation in shop.segmentations:
            own = [
                "all"
                if segmentation.dimension == "all"
                else UNKNOWN
                if customer is None
                else segmentation.values[segmentation.positions[customer]]
                for customer in customers
            ]
            cells = pd.DataFrame({"value": own, "touchpoint": touchpoints, "score": scores})[inside]
            cells = pd.concat([cells, cells.assign(touchpoint=ALL_TOUCHPOINTS)])
            for (value, touchpoint), group in cells.groupby(["value", "touchpoint"]):
                keys.append((period, segmentation.dimension, value))
                rows.append(
                    (
                        touchpoint,
                        len(group),
                        int((group.score >= 9).sum()),
                        int(group.score.isin((7, 8)).sum()),
                        int((group.score <= 6).sum()),
                    )
                )
    names = ["touchpoint", "responses", "promoters", "passives", "detractors"]
    counts = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[1:], np.int64))
    counts["touchpoint"] = texts(counts["touchpoint"])
    frame = pd.concat([period_key_frame(shop, keys), counts], axis=1)
    frame["net_promoter_score"] = ratio(frame.promoters - frame.detractors, frame.responses)
    return frame
