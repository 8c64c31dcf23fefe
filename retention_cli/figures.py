"""The headline figures of a period and what they are compared with.

The terminal summary and the dashboard both read `FIGURES` and `compared_with`, so that neither can
show a figure, a unit or a comparison that the other does not know.
"""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from retention_cli.project import Marts

GRAINS = ("month", "quarter", "week", "year")  # the first of them that was built is shown first
Unit = Literal["money", "count", "rate", "number", "periods", "points"]


@dataclass(frozen=True)
class Figure:
    """One headline figure.

    Attributes:
        column: its name in `relation`, and in the metric catalogue where it is a metric.
        unit: how it is written; the change of a rate is in percentage points, of points in points.
        good: 1 where more is better, -1 where less is, 0 where it depends.
        label_en, label_de: for counts, which are in no catalogue; metrics have theirs there.
    """

    column: str
    relation: str
    unit: Unit
    good: int
    label_en: str = ""
    label_de: str = ""


SNAPSHOTS = "retention__period_snapshots"
FIGURES = (
    Figure("net_revenue", SNAPSHOTS, "money", 1, "Net revenue", "Nettoumsatz"),
    Figure("orders", SNAPSHOTS, "count", 1, "Orders", "Bestellungen"),
    Figure("closing_customers", SNAPSHOTS, "count", 1, "Active customers", "Aktive Kunden"),
    Figure("acquired_customers", SNAPSHOTS, "count", 1, "New customers", "Neue Kunden"),
    Figure("lost_customers", SNAPSHOTS, "count", -1, "Lost customers", "Verlorene Kunden"),
    Figure("churn_rate", "retention__churn_rate", "rate", -1),
    Figure("repeat_customer_rate", "retention__repeat_rate", "rate", 1),
    Figure("average_order_value", "retention__average_order_value", "money", 1),
    Figure("clv_365_days", "retention__customer_lifetime_value", "money", 1),
    Figure("customer_acquisition_cost", "retention__acquisition", "money", -1),
    Figure("payback_periods", "retention__acquisition", "periods", -1),
    Figure("clv_to_cac", "retention__acquisition", "number", 1),
)
# Beside them in the terminal, where they have a value at all.
FURTHER_FIGURES = (
    Figure("retention_rate", "retention__retention_rate", "rate", 1),
    Figure("purchase_frequency", "retention__purchase_frequency", "number", 1),
    Figure("customer_value", "retention__purchase_frequency", "money", 1),
    Figure("net_revenue_retention", "retention__revenue_bridge", "rate", 1),
)


@dataclass(frozen=True)
class Comparison:
    """A figure in one period, and its change since two others; None where there is no such number.

    Attributes:
        value: in the period, in the unit of the figure.
        change_before, change_year: against the period before and the same period a year before;
            a fraction of the older value, for rates and points the difference itself.
    """

    figure: Figure
    value: float | None
    change_before: float | None
    change_year: float | None


def read_periods(
    marts: Marts, grain: str, dimension: str = "all", value: str = "all"
) -> pd.DataFrame:
    """Return the periods of one grain and one segment value, in order of time.

    Returns:
        Index `period_start`; the columns `period_name`, `is_complete`, `is_warm_up`, `is_partial`
        (the data begins within the period) and one a figure, rates as fractions, money in the
        reporting currency.

    Raises:
        NotReadableError: nothing is built yet, or the database is in use.
    """
    figures = FIGURES + FURTHER_FIGURES
    key = "period_grain, period_start, segment_dimension, segment_value"
    joins = {figure.relation for figure in figures} - {SNAPSHOTS}
    columns = ", ".join(f"cast({f.relation}.{f.column} as double) as {f.column}" for f in figures)
    dimension, value = (text.replace("'", "''") for text in (dimension, value))
    query = f"""
        select
            period_start, {SNAPSHOTS}.period_name, {SNAPSHOTS}.is_complete, {SNAPSHOTS}.is_warm_up,
            first_order > period_start and first_order <= {SNAPSHOTS}.period_end as is_partial,
            {columns}
        from {SNAPSHOTS}
        {" ".join(f"left join {relation} using ({key})" for relation in sorted(joins))}
        cross join (
            select min(order_date) as first_order from retention__orders where is_purchase
        ) as data
        where
            period_grain = '{grain}'
            and segment_dimension = '{dimension}'
            and segment_value = '{value}'
        order by period_start
    """  # noqa: S608 (names of this module; the values are quoted)
    return marts.query(query).set_index("period_start")


def year_before(grain: str, start: pd.Timestamp) -> pd.Timestamp:
    """Return the start of the same period a year before; of a week, 52 weeks before."""
    return start - (pd.Timedelta(weeks=52) if grain == "week" else pd.DateOffset(years=1))


def compared_with(grain: str, starts: pd.DatetimeIndex) -> tuple[list[int], list[int]]:
    """Return the place of the period before each period and of the one a year before, -1 for none.

    Args:
        grain: of the periods.
        starts: first days of the periods, in order of time and without a gap.
    """
    before = list(range(-1, len(starts) - 1))
    year = starts.get_indexer(pd.DatetimeIndex([year_before(grain, start) for start in starts]))
    return before, [int(place) for place in year]


def shown_period(periods: pd.DataFrame) -> int:
    """Return the place of the last complete period; of the running one where none is complete."""
    complete = periods["is_complete"].to_numpy().nonzero()[0]
    return int(complete[-1]) if len(complete) else len(periods) - 1


def compare(grain: str, periods: pd.DataFrame, place: int) -> list[Comparison]:
    """Return every figure of the period at `place` with its changes.

    Args:
        grain: of the periods.
        periods: as `read_periods` returns them.
        place: of the period to show, counted from 0.
    """
    before, year = compared_with(grain, pd.DatetimeIndex(periods.index))
    return [
        Comparison(
            figure,
            known(periods, figure, place),
            change(figure, periods, place, before[place]),
            change(figure, periods, place, year[place]),
        )
        for figure in FIGURES + FURTHER_FIGURES
    ]


def known(periods: pd.DataFrame, figure: Figure, place: int) -> float | None:
    """Return a figure at a place, None where it is NULL or there is no such place."""
    if place < 0:
        return None
    number = periods[figure.column].iloc[place]
    return None if pd.isna(number) else float(number)


def is_comparable(figure: Figure, periods: pd.DataFrame, place: int) -> bool:
    """Return whether a figure of the period at `place` can be compared with.

    Not where the data begins within the period; what rests on losses not right after the warm-up
    either, when hardly anybody could be lost yet.
    """
    warm_up = periods["is_warm_up"].to_numpy()
    early = place > 0 and warm_up[place - 1] and not warm_up[place]
    rests_on_losses = any(part in figure.column for part in ("churn", "retention_rate"))
    return not periods["is_partial"].iloc[place] and not (early and rests_on_losses)


def change(figure: Figure, periods: pd.DataFrame, place: int, other: int) -> float | None:
    """Return the change from the period at `other` to the one at `place`, None where unknown."""
    now, then = known(periods, figure, place), known(periods, figure, other)
    if now is None or then is None or not is_comparable(figure, periods, other):
        return None
    if figure.unit in ("rate", "points", "periods"):
        return now - then
    return now / then - 1 if then > 0 else None
