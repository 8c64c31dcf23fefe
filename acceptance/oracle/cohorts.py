"""Cohorts by the period of the first purchase, followed period by period."""

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd

from acceptance.oracle.frames import dates, money, money_or_null, ratio, texts
from acceptance.oracle.marketing import acquisition_cost
from acceptance.oracle.records import UNITS_OF_ONE
from acceptance.oracle.shop import Segmentation, Shop
from acceptance.oracle.snapshots import CustomersOverPeriod, Ledger

COHORT = ["cohort_grain", "segment_dimension", "segment_value", "age"]
SUMS = [
    "cohort_customers",
    "ordering_customers",
    "active_customers",
    "returned_on_or_after",
    "cumulative_orders",
    "cumulative_net_revenue",
]


# Margin by the end of a period, in units, and the purchases of unknown cost: of goods, and of all.
MARGINS = ["margin_1", "unknown_1", "margin_2", "unknown_2"]


def follow(ledger: Ledger, over: CustomersOverPeriod) -> np.ndarray:
    """`SUMS` and `MARGINS` of each customer by the end of a period, the revenue in units."""
    shop = ledger.shop
    until_close = ledger.day <= np.datetime64(over.close, "D")
    return np.column_stack(
        [
            over.quantities["cumulative_customers"],
            over.quantities["ordering_customers"],
            over.quantities["closing_customers"],
            ledger.bought_between(over.period.start, shop.as_of_date),
            ledger.per_customer(until_close),
            ledger.net_revenue_between(shop.calendar_start, over.close),
            ledger.margin_until(over.close, "cost"),
            ledger.unknown_costs_until(over.close, "cost"),
            ledger.margin_until(over.close),
            ledger.unknown_costs_until(over.close),
        ]
    )


def _cohorts_by_segment(shop: Shop, grain: str) -> list[Segmentation]:
    """Split every segment value by the period of the first purchase: values (start, value)."""
    period_of = shop.settings.calendar.period_of
    starts = [period_of(grain, day).start for day in shop.first_purchase_days.tolist()]
    split = []
    for segmentation in shop.segmentations:
        own = [
            (start, segmentation.values[position])
            for start, position in zip(starts, segmentation.positions, strict=True)
        ]
        values = sorted(set(own))
        position_of = {value: position for position, value in enumerate(values)}
        positions = np.array([position_of[value] for value in own], dtype=np.int64)
        split.append(Segmentation(segmentation.dimension, values, positions, None))
    return split


def cohorts(shop: Shop, ledger: Ledger, evaluated: list[CustomersOverPeriod]) -> pd.DataFrame:
    """`retention__cohorts`: one row a cohort with customers and an age, from 0 to the as-of date.

    Age counts periods since the cohort's own. `retention_rate` is bracket retention: the share of
    the cohort that bought in the period itself.
    """
    split = {grain: _cohorts_by_segment(shop, grain) for grain in shop.settings.period_grains}
    number = {(over.period.grain, over.period.start): n for n, over in enumerate(evaluated)}
    keys, sums = [], [np.zeros((0, len(SUMS + MARGINS)), dtype=np.int64)]
    for n, over in enumerate(evaluated):
        grain = over.period.grain
        is_complete = over.period.end <= shop.as_of_date
        done = follow(ledger, over)
        for segmentation in split[grain]:
            totals = segmentation.add_up(done)
            begun = totals[:, 0] > 0
            keys += [
                (grain, start, segmentation.dimension, value, n - number[grain, start], is_complete)
                for (start, value), has_begun in zip(segmentation.values, begun, strict=True)
                if has_begun
            ]
            sums.append(totals[begun])
    grains, starts, dimensions, values, ages, are_complete = (
        zip(*keys, strict=True) if keys else ((),) * 6
    )
    totals = pd.DataFrame(np.concatenate(sums), columns=SUMS + MARGINS)
    units = totals["cumulative_net_revenue"]
    margin_1, margin = (
        np.where(totals[f"unknown_{level}"] > 0, np.nan, totals[f"margin_{level}"].astype(float))
        for level in (1, 2)
    )
    cost = _acquisition_costs(shop, zip(grains, starts, dimensions, values, strict=True))
    return pd.DataFrame(
        {
            "cohort_grain": texts(grains),
            "cohort_start": dates(starts),
            "segment_dimension": texts(dimensions),
            "segment_value": texts(values),
            "age": np.array(ages, dtype=np.int64),
            "is_complete": np.array(are_complete, dtype=bool),
            "retention_rate": ratio(totals["ordering_customers"], totals["cohort_customers"]),
            "cumulative_value_per_customer": ratio(
                units / UNITS_OF_ONE, totals["cohort_customers"]
            ),
            "cumulative_contribution_margin_1": money_or_null(margin_1),
            "cumulative_margin": money_or_null(margin),
            "cumulative_margin_per_customer": ratio(
                margin / UNITS_OF_ONE, totals["cohort_customers"]
            ),
            "acquisition_cost": money_or_null(cost),
            "cumulative_contribution_margin_3": money_or_null(margin - cost),
            "ltv_to_cac": ratio(margin, cost),
            "is_paid_back": pd.array(
                [None if np.isnan(left) else left >= 0 for left in margin - cost], dtype="boolean"
            ),
        }
    ).assign(**totals[SUMS].assign(cumulative_net_revenue=money(units)))


def _acquisition_costs(shop: Shop, cohorts: Iterable[tuple[str, date, str, str]]) -> np.ndarray:
    """Acquisition cost of the period of each cohort, in units; NaN where none is known."""
    known: dict[tuple, float] = {}
    costs = []
    for cohort in cohorts:
        if cohort not in known:
            grain, start, dimension, value = cohort
            period = shop.settings.calendar.period_of(grain, start)
            cost = acquisition_cost(shop, dimension, value, period.start, period.end)
            known[cohort] = np.nan if cost is None else float(cost)
        costs.append(known[cohort])
    return np.array(costs, dtype=float)


def cohort_averages(cohorts: pd.DataFrame) -> pd.DataFrame:
    """`retention__cohort_averages`: all complete cells of an age as if they were one cohort."""
    mature = cohorts[cohorts["is_complete"]]
    pooled = mature.groupby(COHORT, sort=False)
    averages = pooled[SUMS].sum().drop(columns="cumulative_orders")
    size = averages["cohort_customers"]
    revenue = averages["cumulative_net_revenue"].astype(float)
    return averages.assign(
        cohorts=pooled.size(),
        retention_rate=ratio(averages["ordering_customers"], size),
        rolling_retention_rate=ratio(averages["active_customers"], size),
        on_or_after_retention_rate=ratio(averages["returned_on_or_after"], size),
        cumulative_value_per_customer=ratio(revenue, size),
    ).reset_index()
