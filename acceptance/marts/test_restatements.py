"""Restatements: which changes to the figures of a closed period leave a trace, and which do not."""

import pandas as pd
import pytest

from acceptance.support.builds import build
from acceptance.support.shops import orders_of, refunds_of

KEY = ["metric", "period_grain", "period_start", "segment_dimension", "segment_value"]
NOT_WATCHED = ["return_on_investment", "survival_lifespan_periods", "survival_clv"]
ORDERS = orders_of(
    ("anna", "2025-01-10"),
    ("ben", "2025-01-12", "30.00"),
    ("anna", "2025-02-10"),
    ("cleo", "2025-03-05"),
    ("anna", "2025-04-10"),
)
FIGURES = ["value", "numerator", "denominator"]
SETTINGS = {"period_grains": ["month", "quarter"], "activity_window_days": 30}
BUILD = ["--select", "+retention__restatements"]
NO_TESTS = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]


@pytest.fixture
def rebuild(tmp_path):
    """Build the shop into one database again and again."""

    def build_again(orders=ORDERS, refunds=None, **settings):
        inputs = {"raw_orders": orders, "raw_refunds": refunds_of() if refunds is None else refunds}
        return build(tmp_path, *BUILD, *NO_TESTS, **inputs, **SETTINGS | settings)

    return build_again


def closed_figures(built) -> pd.DataFrame:
    """The published figures of complete periods, of all customers."""
    metrics = built.frame("retention__metrics")
    is_watched = (
        metrics["is_complete"]
        & (metrics["segment_dimension"] == "all")
        & ~metrics["metric"].isin(NOT_WATCHED)
    )
    return metrics[is_watched].set_index(KEY)[FIGURES]


def moved(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The figures of both builds that differ, in the columns of the mart."""
    before, after = before.align(after, join="inner", axis=0)
    differs = ((before != after) & ~(before.isna() & after.isna())).any(axis=1)
    return pd.concat(
        [before[differs].add_prefix("previous_"), after[differs].add_prefix("restated_")], axis=1
    ).sort_index()


def restatements(built, number=0) -> pd.DataFrame:
    """The restatements that the first build to find any noted, or the second."""
    columns = [f"{version}_{figure}" for version in ("previous", "restated") for figure in FIGURES]
    rows = built.frame("retention__restatements")
    times = sorted(rows["restated_at"].unique())
    rows = rows[rows["restated_at"] == times[number]] if len(rows) else rows
    return rows.set_index(KEY).sort_index()[columns]


def test_a_late_refund_leaves_a_trace_of_exactly_the_figures_that_moved(rebuild):
    published = closed_figures(rebuild())
    assert len(published) > 50

    again = rebuild()
    assert again.frame("retention__restatements").empty

    late = rebuild(refunds=refunds_of(("2", "2025-01-20", "12.00")))
    restated = closed_figures(late)
    expected = moved(published, restated)
    found = restatements(late)
    pd.testing.assert_frame_equal(found, expected)
    january = found.loc[("average_order_value", "month", pd.Timestamp("2025-01-01"), "all", "all")]
    assert january.tolist() == [20, 40, 2, 14, 28, 2]
    assert "churn_rate" not in found.index.get_level_values("metric")

    assert set(late.frame("retention__restatements")["cause"]) == {"data"}

    # What was noted stays noted, and only what moves again is added.
    later = rebuild(refunds=refunds_of(("2", "2025-01-20", "12.00"), ("4", "2025-03-20", "1.00")))
    once_more = moved(restated, closed_figures(later))
    pd.testing.assert_frame_equal(restatements(later), expected)
    pd.testing.assert_frame_equal(restatements(later, number=1), once_more)


@pytest.mark.everything
def test_a_late_order_changes_the_customers_of_closed_periods(rebuild):
    published = closed_figures(rebuild())
    late = orders_of(("ben", "2025-02-11"))
    late["order_id"] = "late"
    built = rebuild(orders=pd.concat([ORDERS, late], ignore_index=True))
    found = restatements(built)
    pd.testing.assert_frame_equal(found, moved(published, closed_figures(built)))
    assert "churn_rate" in found.index.get_level_values("metric")


@pytest.mark.everything
def test_a_running_period_that_moves_and_one_that_closes_are_no_restatements(rebuild):
    rebuild()
    more = orders_of(("anna", "2025-04-20"), ("dora", "2025-05-02"))
    more["order_id"] = ["6", "7"]
    built = rebuild(orders=pd.concat([ORDERS, more], ignore_index=True))
    april = built.query(
        "from retention__metrics where period_grain = 'month' and period_start = '2025-04-01'"
    )
    assert april["is_complete"].all()
    assert built.frame("retention__restatements").empty


@pytest.mark.everything
def test_figures_that_other_settings_change_say_so(rebuild):
    published = closed_figures(rebuild())
    built = rebuild(activity_window_days=120)
    restated = closed_figures(built)
    found = restatements(built)
    pd.testing.assert_frame_equal(found, moved(published, restated))
    assert set(built.frame("retention__restatements")["cause"]) == {"settings"}

    # Data that change under the new settings are a matter of the data again.
    late = rebuild(activity_window_days=120, refunds=refunds_of(("2", "2025-01-20", "12.00")))
    causes = late.frame("retention__restatements")["cause"].value_counts()
    assert causes["settings"] == len(found)
    assert causes["data"] == len(moved(restated, closed_figures(late)))


def test_without_snapshots_there_is_nothing_to_restate(tmp_path):
    built = build(tmp_path, *BUILD, command="run", raw_orders=ORDERS, **SETTINGS)
    assert built.frame("retention__restatements").empty
