"""What customers do from their first order on, against published values of CDNOW."""

import pytest

from acceptance.support.shops import orders_of

WINDOWS = {  # days: repurchased, rate, orders, net revenue, net revenue per customer
    30: (4355, 0.184769, 29757, 996650.38, 42.284700),
    60: (6135, 0.260289, 33844, 1150157.85, 48.797533),
    90: (7079, 0.300339, 36943, 1265249.75, 53.680515),
    180: (8998, 0.381756, 45190, 1577434.74, 66.925530),
    365: (10963, 0.465125, 59980, 2141517.74, 90.857774),
}


def windows_of(build, grain, start):
    rows = build.query(
        "select * from retention__repurchase_windows"
        f" where cohort_grain = '{grain}' and cohort_start = '{start}'"
        " and segment_dimension = 'all'"
    )
    return rows.set_index("window_days")


def test_windows_of_cdnow(cdnow):
    rows = windows_of(cdnow, "all", "1997-01-01")
    assert set(rows.index) == set(WINDOWS)
    assert (rows[["cohort_customers", "mature_customers"]] == 23570).all(axis=None)
    assert rows["is_complete"].all()
    for days, expected in WINDOWS.items():
        row = rows.loc[days]
        found = (
            row.repurchased_customers,
            round(row.repurchase_rate, 6),
            row.orders,
            float(row.net_revenue),
            round(row.net_revenue_per_customer, 6),
        )
        assert found == expected


def test_windows_of_the_first_month_of_cdnow(cdnow):
    row = windows_of(cdnow, "month", "1997-01-01").loc[90]
    assert (row.mature_customers, row.repurchased_customers) == (7846, 2407)
    assert float(row.net_revenue) == 434295.60


def test_ladder_of_cdnow(cdnow):
    rows = cdnow.query(
        "select * from retention__order_ladder where segment_dimension = 'all'"
        " order by order_number"
    )
    customers = [23570, 11662, 7583, 5366, 3925, 2930, 2295, 1820]
    assert rows["customers"].tolist()[:8] == customers
    assert rows["continued_customers"].tolist()[:7] == customers[1:]
    assert rows["median_days_to_next"].tolist()[:7] == [54, 50, 42, 35, 31, 28, 26]
    assert round(rows["mean_days_to_next"][0], 4) == 108.4109
    within_365 = [0.465125, 0.674650, 0.780459, 0.834864]
    assert rows["continuation_rate_365_days"].round(6).tolist()[:4] == within_365
    within_90 = [0.300339, 0.429576, 0.518525, 0.590113]
    assert rows["continuation_rate_90_days"].round(6).tolist()[:4] == within_90


def test_repurchase_rate_is_what_kaplan_and_meier_leave_where_all_are_old_enough(cdnow):
    by_days = windows_of(cdnow, "all", "1997-01-01")["repurchase_rate"]
    first = cdnow.query(
        "select * from retention__order_ladder where segment_dimension = 'all' and order_number = 1"
    ).iloc[0]
    for days in (90, 365):
        assert first[f"continuation_rate_{days}_days"] == pytest.approx(by_days[days], abs=1e-12)


def test_windows_are_a_setting(built_project):
    build = built_project(
        "--select",
        "+retention__repurchase_windows",
        command="run",
        raw_orders=orders_of(("ann", "2025-01-01"), ("ann", "2025-01-08"), ("bob", "2025-01-05")),
        repurchase_windows=[7, 3],
        period_grains=["month"],
    )
    rows = windows_of(build, "all", "2025-01-01")
    assert rows["mature_customers"].sort_index().to_dict() == {3: 2, 7: 1}
    assert rows["repurchased_customers"].sort_index().to_dict() == {3: 0, 7: 1}
