"""Relations from the inputs beside the orders: costs, referrals and survey responses."""

from datetime import date

import numpy as np
import pandas as pd

from acceptance.oracle.frames import money, money_or_null, ratio, texts
from acceptance.oracle.rates import KEY, wilson_interval
from acceptance.oracle.records import UNITS_OF_ONE
from acceptance.oracle.shop import UNKNOWN, Segmentation, Shop, customer_records
from acceptance.oracle.snapshots import (
    CustomersOverPeriod,
    Ledger,
    all_periods,
    between,
    period_key_frame,
)

PURPOSES = ("acquisition", "retention")
CHANNEL_DIMENSIONS = ("channel", "acquisition_channel")
ALL_TOUCHPOINTS = "all"


def cost_channel(shop: Shop) -> list[str]:
    """Channel of each accepted cost."""
    return [cost.text_of("channel") or UNKNOWN for cost in shop.readings["costs"].accepted]


def costs_by_period(shop: Shop, rows: pd.DataFrame, purpose: str) -> np.ndarray:
    """Costs of a purpose in units by row of a period mart, NaN where none are known.

    The total has the costs of every channel, a channel its own; other segments share no costs.
    """
    costs = shop.readings["costs"].accepted
    days = np.array([cost.day for cost in costs], dtype="datetime64[D]")
    units = np.array([cost.units for cost in costs], dtype=float)
    channels = np.array(cost_channel(shop), dtype=object)
    of_purpose = np.array([cost.parsed["purpose"] == purpose for cost in costs], dtype=bool)
    if not of_purpose.any():
        return np.full(len(rows), np.nan)
    amounts = []
    for row in rows.itertuples():
        where = of_purpose & between(days, row.period_start.date(), row.period_end.date())
        if row.segment_dimension.lower() in CHANNEL_DIMENSIONS:
            where &= channels == row.segment_value
        elif row.segment_dimension != "all":
            where &= False
        amounts.append(units[where].sum() if where.any() else np.nan)
    return np.array(amounts, dtype=float)


def acquisition_cost(
    shop: Shop, dimension: str, value: str, first: date | None, last: date | None
) -> int | None:
    """Acquisition costs of a segment value, in units, of days `first` to `last`; None without any.

    None as a day stands for no bound.
    """
    is_channel = dimension.lower() in CHANNEL_DIMENSIONS
    if dimension != "all" and not is_channel:
        return None
    amounts = [
        cost.units
        for cost, channel in zip(shop.readings["costs"].accepted, cost_channel(shop), strict=True)
        if cost.parsed["purpose"] == "acquisition"
        and (not is_channel or channel == value)
        and (first is None or first <= cost.day)
        and (last is None or cost.day <= last)
    ]
    return sum(amounts) if amounts else None


def contribution_margin(
    shop: Shop, ledger: Ledger, base: pd.DataFrame, evaluated: list[CustomersOverPeriod]
) -> pd.DataFrame:
    """`retention__contribution_margin`: what each level of costs leaves, without the reasons.

    NaN where a cost is unknown. Costs of marketing are taken off the whole shop's margin where any
    is recorded in the period; where the shop has none at all, level 3 is level 2.
    """
    levels = {}
    for level, costs in ((1, "cost"), (2, "all_costs")):
        parts = [np.zeros(0)]
        for over in evaluated:
            inside = between(ledger.day, over.period.start, over.close)
            spent = ledger.per_customer(inside, ledger.amounts[costs])
            unknown = ledger.per_customer(inside & ~ledger.are_known(costs))
            margin = over.quantities["net_revenue"] - spent
            for segmentation in shop.segmentations:
                totals = segmentation.add_up(np.column_stack([margin, unknown]))
                parts.append(np.where(totals[:, 1] > 0, np.nan, totals[:, 0]))
        levels[level] = np.concatenate(parts)
    is_total = (base["segment_dimension"] == "all").to_numpy()
    spent = {
        purpose: np.where(is_total, costs_by_period(shop, base, purpose), np.nan)
        for purpose in PURPOSES
    }
    known = ~np.isnan(spent["acquisition"]) | ~np.isnan(spent["retention"])
    marketing = np.where(known, sum(np.nan_to_num(cost) for cost in spent.values()), np.nan)
    levels[3] = levels[2] - (marketing if shop.readings["costs"].accepted else 0)
    revenue = base["net_revenue"].to_numpy(dtype=float)
    positive = np.where(revenue > 0, revenue, 0)
    return base[[*KEY, "orders"]].assign(
        net_revenue=money(base["net_revenue"]),
        cost_of_goods=money_or_null(revenue - levels[1]),
        variable_cost=money_or_null(levels[1] - levels[2]),
        acquisition_cost=money_or_null(spent["acquisition"]),
        retention_cost=money_or_null(spent["retention"]),
        **{f"contribution_margin_{n}": money_or_null(units) for n, units in levels.items()},
        **{f"contribution_margin_{n}_rate": ratio(c, positive) for n, c in levels.items()},
    )


def cumulative_costs(shop: Shop, base: pd.DataFrame) -> np.ndarray:
    """All costs from the first period to each row's, in units; NaN for segments or without any."""
    costs = shop.readings["costs"].accepted
    days = np.array([cost.day for cost in costs], dtype="datetime64[D]")
    units = np.array([cost.units for cost in costs], dtype=float)
    first_start = base.groupby("period_grain")["period_start"].transform("min")
    amounts = []
    for row, start in zip(base.itertuples(), first_start, strict=True):
        spent = between(days, start.date(), row.period_end.date()) & (
            row.segment_dimension == "all"
        )
        amounts.append(units[spent].sum() if spent.any() else np.nan)
    return np.array(amounts, dtype=float)


def referred_customers(shop: Shop) -> np.ndarray | None:
    """Whether each customer's record names a referrer; None where no record at all does."""
    records = shop.readings["customers"]
    if not any(
        record.text_of("referred_by_customer_id") and shop.people.key_of_id(record)
        for record in records.accepted
    ):
        return None
    named = {
        key
        for key, record in customer_records(records, shop.people).items()
        if record.text_of("referred_by_customer_id")
    }
    return np.array([key in named for key in shop.customer_keys], dtype=bool)


def acquisition(
    shop: Shop,
    ledger: Ledger,
    base: pd.DataFrame,
    evaluated: list[CustomersOverPeriod],
    clv: pd.DataFrame,
) -> pd.DataFrame:
    """`retention__acquisition`: costs, what they bought and what came of it, without the reasons.

    NULL where costs are missing, never 0. The margin is what the customers acquired in the period
    brought up to the as-of date; payback is the number of periods until it had covered the cost.
    A channel that cost money has rows also where it brought nobody.
    """
    rows = period_key_frame(shop, _keys_with_cost_channels(shop, evaluated))
    costs = {purpose: costs_by_period(shop, rows, purpose) for purpose in PURPOSES}
    by_key = {
        tuple(row[:4]): row[4:]
        for row in zip(
            *(base[name] for name in KEY[:4]),
            base["acquired_customers"],
            clv["formula_clv"],
            clv["clv_365_days"],
            clv["margin_clv_365_days"],
            _referred_by_row(shop, evaluated),
            strict=True,
        )
    }
    found = [
        by_key.get(key, (0, np.nan, np.nan, np.nan, 0))
        for key in zip(*(rows[k] for k in KEY[:4]), strict=True)
    ]
    acquired = np.array([row[0] for row in found], dtype=np.int64)
    formula_clv = np.array([row[1] for row in found], dtype=float)
    revenue_clv = np.array([row[2] for row in found], dtype=float)
    margin_clv = np.array([row[3] for row in found], dtype=float)
    value = np.where(np.isnan(margin_clv), revenue_clv, margin_clv)
    basis = np.where(np.isnan(margin_clv), "net revenue", "margin").astype(object)
    basis[np.isnan(value)] = None
    referred = np.array([row[4] for row in found], dtype=float)
    if referred_customers(shop) is None:
        referred[:] = np.nan
    margins, payback = _returns(shop, ledger, evaluated, rows, costs["acquisition"])
    cost_per_customer = ratio(costs["acquisition"] / UNITS_OF_ONE, acquired)
    low, high = wilson_interval(referred, acquired)
    return rows.assign(
        acquired_customers=acquired,
        referred_customers=pd.array(referred, dtype="Int64"),
        acquisition_cost=money_or_null(costs["acquisition"]),
        retention_cost=money_or_null(costs["retention"]),
        acquired_margin=money_or_null(margins),
        formula_clv=formula_clv,
        clv=value,
        clv_basis=texts(basis),
        customer_acquisition_cost=cost_per_customer,
        return_on_investment=ratio(margins - costs["acquisition"], costs["acquisition"]),
        clv_to_cac=ratio(value, cost_per_customer),
        payback_periods=pd.array(payback, dtype="Int64"),
        referral_rate=ratio(referred, acquired),
        referral_rate_low=low,
        referral_rate_high=high,
    )


def _keys_with_cost_channels(shop: Shop, evaluated: list[CustomersOverPeriod]) -> list[tuple]:
    def values_of(segmentation: Segmentation) -> list[str]:
        values = set(segmentation.values)
        if segmentation.dimension.lower() in CHANNEL_DIMENSIONS:
            values |= set(cost_channel(shop))
        elif segmentation.dimension == "all" and cost_channel(shop):
            values.add("all")
        return sorted(values)

    return [
        (over.period, segmentation.dimension, value)
        for over in evaluated
        for segmentation in shop.segmentations
        for value in values_of(segmentation)
    ]


def _referred_by_row(shop: Shop, evaluated: list[CustomersOverPeriod]) -> np.ndarray:
    """Referred customers among the acquired, by row of the base quantities."""
    referred = referred_customers(shop)
    if referred is None:
        referred = np.zeros(shop.customers, dtype=bool)
    counts = [
        segmentation.add_up((over.quantities["acquired_customers"] * referred)[:, np.newaxis])[:, 0]
        for over in evaluated
        for segmentation in shop.segmentations
    ]
    return np.concatenate([np.zeros(0, dtype=np.int64), *counts])


def _returns(
    shop: Shop,
    ledger: Ledger,
    evaluated: list[CustomersOverPeriod],
    rows: pd.DataFrame,
    costs: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Margin of the customers acquired in each row's period, in units, and its payback in periods.

    Both are NaN where the cost of one of the purchases of these customers is unknown, payback also
    where the acquisition cost is unknown or not covered yet, or where nobody was acquired.
    """
    closes = {
        grain: [over for over in evaluated if over.period.grain == grain]
        for grain in shop.settings.period_grains
    }
    by_close = {over.period: ledger.margin_until(over.close) for over in evaluated}
    unknown = ledger.unknown_costs_until(shop.as_of_date) if evaluated else np.zeros(0)
    acquired = {
        (over.period.grain, over.period.start): (number, over.is_("acquired_customers"))
        for overs in closes.values()
        for number, over in enumerate(overs)
    }
    members_of = {
        (segmentation.dimension, value): segmentation.positions == position
        for segmentation in shop.segmentations
        for position, value in enumerate(segmentation.values)
    }
    margins, payback = np.zeros(len(rows)), np.full(len(rows), np.nan)
    for n, (row, cost) in enumerate(zip(rows.itertuples(), costs, strict=True)):
        number, acquired_in = acquired[row.period_grain, row.period_start.date()]
        members = members_of.get((row.segment_dimension, row.segment_value))
        if members is None or not (members & acquired_in).any():
            continue
        won = np.flatnonzero(members & acquired_in)
        if unknown[won].any():
            margins[n] = np.nan
            continue
        later = closes[row.period_grain][number:]
        curve = np.array([by_close[over.period][won].sum() for over in later])
        margins[n] = curve[-1]
        if (curve >= cost).any():
            payback[n] = np.argmax(curve >= cost)
    return margins, payback


def net_promoter_score(shop: Shop) -> pd.DataFrame:
    """`retention__net_promoter_score`: every period, segment value and touchpoint.

    The score is promoters (9-10) less detractors (0-6) over responses, as a fraction (Reichheld
    2003), NULL where nobody responded. The touchpoint `all` holds every response. A respondent who
    never bought belongs to the value `unknown`. Without the input there are no rows.
    """
    responses = shop.readings["survey_responses"].accepted
    index_of = {key: index for index, key in enumerate(shop.customer_keys)}
    customers = [index_of.get(shop.people.key_of_id(response)) for response in responses]
    days = np.array([response.day for response in responses], dtype="datetime64[D]")
    scores = np.array([response.parsed["score"] for response in responses], dtype=np.int64)
    touchpoints = np.array([_touchpoint(response) for response in responses], dtype=object)
    is_given = shop.readings["survey_responses"].is_given
    listed = sorted({*touchpoints, ALL_TOUCHPOINTS}) if is_given else []
    keys, rows = [], []
    for segmentation in shop.segmentations:
        own = np.array(
            [
                "all"
                if segmentation.dimension == "all"
                else UNKNOWN
                if customer is None
                else segmentation.values[segmentation.positions[customer]]
                for customer in customers
            ],
            dtype=object,
        )
        values = sorted({*segmentation.values, *own})
        for period in all_periods(shop):
            inside = between(days, period.start, period.end)
            for value in values:
                for touchpoint in listed:
                    at = (touchpoints == touchpoint) | (touchpoint == ALL_TOUCHPOINTS)
                    cell = scores[inside & (own == value) & at]
                    keys.append((period, segmentation.dimension, value))
                    rows.append(
                        (
                            touchpoint,
                            len(cell),
                            int((cell >= 9).sum()),
                            int(((cell == 7) | (cell == 8)).sum()),
                            int((cell <= 6).sum()),
                        )
                    )
    names = ["touchpoint", "responses", "promoters", "passives", "detractors"]
    counts = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[1:], np.int64))
    counts["touchpoint"] = texts(counts["touchpoint"])
    frame = pd.concat([period_key_frame(shop, keys), counts], axis=1)
    frame["net_promoter_score"] = ratio(frame.promoters - frame.detractors, frame.responses)
    return frame


def _touchpoint(response) -> str:
    name = response.text_of("touchpoint") or UNKNOWN
    return UNKNOWN if name == ALL_TOUCHPOINTS else name
