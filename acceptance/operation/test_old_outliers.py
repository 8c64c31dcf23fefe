"""Dates far from all others: they are listed, and neither move the warm-up nor make periods."""

import pandas as pd
import pytest

from acceptance.oracle.compare import compare
from acceptance.oracle.recompute import recompute
from acceptance.oracle.settings import Settings
from acceptance.support.shops import orders_of, refunds_of

DAYS = pd.date_range("2024-01-01", periods=30, freq="7D").strftime("%Y-%m-%d")


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    """A shop of thirty weeks, with one order of 1970."""
    regular = [(f"c{number % 7}", day) for number, day in enumerate(DAYS)]
    return orders_of(("c1", "1970-01-01"), *regular)


def test_one_row_of_1970_makes_no_periods_and_unflags_no_warm_up(built_project, orders):
    refunds = refunds_of(("2", "2024-02-01", "1.00"), ("2", "1970-01-01", "1.00"))
    build = built_project(
        "--exclude", "test_type:generic", "test_type:unit", raw_orders=orders, raw_refunds=refunds
    )
    warned = [result.node.name for result in build.results if result.status == "warn"]
    assert warned == ["no_order_lies_years_before_all_others"]
    quality = build.query("from retention__data_quality where input = 'raw_orders'")
    assert quality[["raw", "accepted", "rejected"]].to_numpy().tolist() == [[31, 30, 1]]
    rejected = build.query("from retention__rejected_records order by input")
    assert rejected["reason"].tolist() == [
        "ordered_at is years before all other orders",
        "refunded_at is years before all orders",
    ]
    assert rejected["raw_record"].str.contains("1970-01-01").all()
    snapshots = build.query(
        "select period_start, is_warm_up from retention__period_snapshots"
        " where period_grain = 'month' and segment_dimension = 'all' order by 1"
    )
    assert snapshots["period_start"].iloc[0] == pd.Timestamp("2024-01-01")
    assert snapshots["is_warm_up"].tolist() == [True] * 2 + [False] * 5
    assert build.query("select min(cohort_start) as c from retention__cohorts")["c"].item() >= (
        pd.Timestamp("2023-01-01")
    )
    expected = recompute({"orders": orders, "refunds": refunds}, Settings())
    for relation in ("retention__period_snapshots", "retention__churn_rate"):
        key = ["period_grain", "period_start", "segment_dimension", "segment_value"]
        assert compare(build.frame(relation), expected[relation], key) == []
