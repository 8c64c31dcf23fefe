"""The survival marts equal what lifelines computes (fixtures/survival_by_lifelines.py)."""

from pathlib import Path

import pandas as pd
import pytest

FIXTURES = Path(__file__).with_name("fixtures")


def by_lifelines(name, data):
    rows = pd.read_csv(FIXTURES / f"{name}_by_lifelines.csv")
    return rows[rows["data"] == data].drop(columns="data")


def assert_equal(mart, expected, key):
    """The mart has exactly the expected rows of the segment values that the fixture holds."""
    segment = ["segment_dimension", "segment_value"]
    mart = mart.merge(expected[segment].drop_duplicates())
    numbers = expected.columns.drop(segment)
    expected, found = (
        rows[expected.columns]
        .sort_values(key, ignore_index=True)
        .astype(dict.fromkeys(numbers, float))
        for rows in (expected, mart)
    )
    pd.testing.assert_frame_equal(found, expected, rtol=0, atol=1e-9, check_dtype=False)


@pytest.mark.parametrize("data", ["demo", "cdnow"])
def test_curve_equals_lifelines(data, request):
    expected = by_lifelines("survival", data)
    assert expected["events"].sum() > 5000
    curve = request.getfixturevalue(data).frame("retention__survival")
    assert_equal(curve, expected, ["segment_dimension", "segment_value", "day"])


@pytest.mark.parametrize("data", ["demo", "cdnow"])
def test_lifetimes_equal_lifelines(data, request):
    expected = by_lifelines("survival_lifetimes", data)
    lifetimes = request.getfixturevalue(data).frame("retention__survival_lifetimes")
    assert_equal(lifetimes, expected, ["segment_dimension", "segment_value"])


def test_published_percentiles_of_the_order_gaps_of_cdnow(cdnow):
    gaps = cdnow.query(
        "select percent, days from retention__order_gaps"
        " where kind = 'percentile' and same_day_orders = 'merged'"
    )
    assert gaps.set_index("percent")["days"].to_dict() == {50: 34, 80: 119, 90: 200, 95: 283}
