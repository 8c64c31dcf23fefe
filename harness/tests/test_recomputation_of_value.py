"""The recomputation of customer value, against lifelines, hand-made shops and its identities."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from harness.recomputation import Settings, recompute
from harness.recomputation.random_shops import random_shops_with_marketing
from harness.recomputation.shop import open_shop
from harness.recomputation.snapshots import Ledger
from harness.recomputation.survival import (
    kaplan_meier,
    median_lifetime,
    order_gaps,
    restricted_mean_lifetime,
    survival_curves,
)
from harness.recomputation.value import score_by_rank
from harness.tests.shops import cdnow_orders, orders_of, refunds_of, row_of

PERIOD = ["period_grain", "period_start", "segment_dimension", "segment_value"]
BRIDGE = ("previous", "new", "reactivated", "expansion", "contraction", "churned", "adjustment")


def frame_of(columns, *rows):
    return pd.DataFrame(rows, columns=columns.split(), dtype="str")


# --- CDNOW ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cdnow():
    return open_shop({"orders": cdnow_orders()}, Settings())


def test_survival_of_cdnow_is_that_of_lifelines(cdnow):
    path = Path(__file__).parent / "data" / "cdnow_survival_lifelines.csv"
    lifelines = pd.read_csv(path).astype({"day": int})
    curve = survival_curves(cdnow, Ledger.of(cdnow))["all", "all"]
    pd.testing.assert_frame_equal(curve, lifelines, check_exact=False, rtol=1e-9)
    assert median_lifetime(curve) == 90
    assert restricted_mean_lifetime(curve, 545) == pytest.approx(114.70066870929242)


def test_gaps_of_cdnow(cdnow):
    gaps = order_gaps(Ledger.of(cdnow)).query("kind == 'percentile'")
    assert gaps.days.tolist() == [34, 119, 200, 283]


# --- Survival and gaps ---------------------------------------------------------------------------


def test_survival_of_eight_customers_is_that_of_lifelines():
    """Printed by lifelines 0.30.3: KaplanMeierFitter().fit(durations, observed)."""
    durations = np.array([0, 1, 2, 2, 3, 5, 5, 8])
    observed = np.array([0, 1, 1, 0, 1, 1, 1, 0], dtype=bool)
    curve = kaplan_meier(durations, observed)
    assert curve.at_risk.tolist() == [8, 7, 6, 4, 3, 1]
    assert curve.survival.tolist() == pytest.approx(
        [1, 0.857143, 0.714286, 0.535714, 0.178571, 0.178571], abs=1e-6
    )
    assert curve.survival_low.tolist() == pytest.approx(
        [1, 0.334054, 0.258154, 0.131988, 0.008332, 0.008332], abs=1e-6
    )
    assert curve.survival_high.tolist() == pytest.approx(
        [1, 0.978561, 0.919797, 0.824997, 0.537991, 0.537991], abs=1e-6
    )
    assert median_lifetime(curve) == 5
    assert restricted_mean_lifetime(curve, 8) == pytest.approx(4.178571428571429)
    assert restricted_mean_lifetime(curve, 1.5) == pytest.approx(1 + 0.5 * 6 / 7)


def test_survival_where_everybody_leaves_ends_at_zero():
    curve = kaplan_meier(np.array([1, 2, 3]), np.array([True, True, True]))
    last = curve.iloc[-1]
    assert (last.survival, last.survival_low, last.survival_high) == (0, 0, 0)


def test_a_lapse_is_an_event_from_the_day_on_which_it_has_happened():
    orders = orders_of(("a", "2024-01-01"), ("a", "2024-01-11"), ("b", "2024-01-12"))
    for as_of, events in ((date(2024, 1, 20), [0, 0, 0]), (date(2024, 1, 21), [0, 0, 1])):
        settings = Settings(activity_window_days=10, as_of_date=as_of)
        curve = recompute({"orders": orders}, settings)["retention__survival"]
        assert curve.events.tolist() == events  # a bought again on the day of the first lapse
        assert curve.day.tolist()[0] == 0
        assert curve.day.tolist()[-1] == (as_of - date(2024, 1, 1)).days


def test_what_a_window_would_have_meant():
    orders = orders_of(
        ("a", "2024-01-01"),
        ("a", "2024-01-31"),  # 30 days: not longer than a window of 30
        ("b", "2024-01-01"),
        ("b", "2024-02-01"),  # 31 days: lost and returned
        ("b", "2024-02-01"),  # the same day makes no gap
        ("c", "2024-01-01"),  # lost on 31 January
        ("d", "2024-02-01"),
    )
    gaps = recompute({"orders": orders}, Settings())["retention__order_gaps"]
    row = gaps.query("kind == 'window' and days == 30").iloc[0]
    assert (row.gaps, row.longer_gaps, row.longer_gap_share) == (2, 1, 0.5)
    assert (row.lost_customers, row.returned_customers, row.returned_share) == (2, 1, 0.5)


# --- Revenue bridge: each class alone ------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "amounts"),
    [
        ([("a", "2024-02-10", "30")], (10, 30, 0, 0, 0, 10, 0)),  # with the churn of z
        ([("z", "2024-02-10", "30")], (10, 0, 0, 20, 0, 0, 0)),
        ([("z", "2024-02-10", "4")], (10, 0, 0, 0, 6, 0, 0)),
        ([("z", "2024-02-10", "10")], (10, 0, 0, 0, 0, 0, 0)),
        ([("y", "2024-02-10", "7")], (10, 0, 7, 0, 0, 10, 0)),
        ([], (10, 0, 0, 0, 0, 10, 0)),
    ],
)
def test_each_class_of_the_bridge(rows, amounts):
    orders = orders_of(("y", "2023-12-01"), ("z", "2024-01-10"), *rows)
    settings = Settings(as_of_date=date(2024, 2, 29))
    bridge = recompute({"orders": orders}, settings)["retention__revenue_bridge"]
    row = row_of(bridge, "month", "2024-02-01")
    assert tuple(row[f"{name}_revenue"] for name in BRIDGE) == amounts
    assert row.current_revenue == sum(Decimal(amount) for _, _, amount in rows)


def test_a_late_refund_is_an_adjustment():
    orders = orders_of(("a", "2024-01-10"), ("b", "2024-02-01"), ("b", "2024-03-01"))
    raw = {"orders": orders, "refunds": refunds_of(("1", "2024-03-01", "4"))}
    bridge = recompute(raw, Settings())["retention__revenue_bridge"]
    row = row_of(bridge, "month", "2024-03-01")
    assert tuple(row[f"{name}_revenue"] for name in BRIDGE) == (10, 0, 0, 0, 0, 0, -4)
    assert (row.current_revenue, row.net_revenue_retention) == (6, 1.0)


def test_revenue_retention():
    orders = orders_of(
        ("a", "2024-01-10", "50"),
        ("b", "2024-01-10", "30"),
        ("c", "2024-01-10", "20"),
        ("a", "2024-02-10", "60"),
        ("b", "2024-02-10", "25"),
    )
    bridge = recompute({"orders": orders}, Settings())["retention__revenue_bridge"]
    row = row_of(bridge, "month", "2024-02-01")
    assert (row.net_revenue_retention, row.gross_revenue_retention) == (0.85, 0.75)


# --- Cohorts -------------------------------------------------------------------------------------


def test_a_cohort_by_age():
    orders = orders_of(
        ("a", "2024-01-10"), ("b", "2024-01-20"), ("a", "2024-03-05"), ("c", "2024-03-06")
    )
    raw = {"orders": orders, "refunds": refunds_of(("2", "2024-02-01", "4"))}
    cohorts = recompute(raw, Settings(activity_window_days=30))["retention__cohorts"]
    months = cohorts.query("cohort_grain == 'month'")
    january = months[months.cohort_start == np.datetime64("2024-01-01")]
    assert january.age.tolist() == [0, 1, 2]
    assert january.cohort_customers.tolist() == [2, 2, 2]
    assert january.ordering_customers.tolist() == [2, 0, 1]
    assert january.active_customers.tolist() == [2, 0, 1]
    assert january.returned_on_or_after.tolist() == [2, 1, 1]
    assert january.retention_rate.tolist() == [1.0, 0.0, 0.5]
    assert january.cumulative_orders.tolist() == [2, 2, 3]
    assert january.cumulative_net_revenue.tolist() == [20, 16, 26]
    assert january.cumulative_value_per_customer.tolist() == [10, 8, 13]
    assert january.is_complete.tolist() == [True, True, False]
    assert months[months.cohort_start == np.datetime64("2024-03-01")].age.tolist() == [0]


# --- Lifetime value, scores, concentration -------------------------------------------------------


def test_formula_clv_is_value_times_lifespan():
    orders = orders_of(
        *((customer, "2024-01-31") for customer in "abcd"),
        *((customer, "2024-02-20") for customer in "abc"),
        ("a", "2024-03-31"),
    )
    result = recompute({"orders": orders}, Settings(activity_window_days=25))
    clv = result["retention__customer_lifetime_value"]
    row = row_of(clv, "month", "2024-02-01")
    assert (row.customer_value, row.churn_rate, row.lifespan_periods) == (10, 0.25, 4)
    assert (row.formula_clv, row.reason) == (40, None)
    # a, b, c lapse 45 days after 31 January, d after 25.
    assert row.survival_lifespan_periods == pytest.approx((25 + 20 * 0.75) / 29)
    assert row.survival_clv == pytest.approx(400 / 29)
    assert row_of(clv, "month", "2024-01-01").reason == "warm-up period"
    assert np.isnan(row_of(clv, "month", "2024-01-01").formula_clv)


def test_ties_share_a_score():
    assert score_by_rank(pd.Series([5, 1, 1, 9, 7])).tolist() == [3, 1, 1, 5, 4]
    assert score_by_rank(pd.Series(range(10))).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_the_top_fifth_of_the_customers():
    orders = orders_of(*((f"c{number}", "2024-01-10", str(number)) for number in range(1, 11)))
    concentration = recompute({"orders": orders}, Settings())["retention__revenue_concentration"]
    assert concentration.net_revenue.tolist() == list(range(10, 0, -1))
    assert concentration.cumulative_revenue_share[1] == pytest.approx(19 / 55)


# --- Acquisition and survey responses ------------------------------------------------------------


def test_acquisition_costs_of_the_shop_and_of_a_channel():
    orders = orders_of(("a", "2024-01-10"), ("b", "2024-01-11"), ("c", "2024-02-01"))
    customers = frame_of(
        "customer_id channel country referred_by_customer_id",
        ("a", "web", "DE", None),
        ("b", "shop", "DE", "a"),
    )
    costs = frame_of(
        "spent_on purpose amount channel",
        ("2024-01-05", "acquisition", "30", "web"),
        ("2024-01-31", "acquisition", "10", "shop"),
        ("2024-01-31", "retention", "5", None),
        ("2024-01-31", "party", "5", None),
        ("2024-02-02", "retention", "5", None),  # after the as-of date
    )
    raw = {"orders": orders, "customers": customers, "costs": costs}
    result = recompute(raw, Settings(segment_columns=("channel", "country")))
    acquisition = result["retention__acquisition"]
    total = row_of(acquisition, "month", "2024-01-01")
    assert (total.acquisition_cost, total.retention_cost) == (40, 5)
    assert (total.customer_acquisition_cost, total.referral_rate) == (20, 0.5)
    assert total.payback_periods == 2
    web = row_of(acquisition, "month", "2024-01-01", "channel", "web")
    assert (web.acquisition_cost, web.customer_acquisition_cost, web.referral_rate) == (30, 30, 0)
    assert web.retention_cost is None
    country = row_of(acquisition, "month", "2024-01-01", "country", "DE")
    assert country.acquisition_cost is None
    february = row_of(acquisition, "month", "2024-02-01")
    assert february.acquisition_cost is None
    assert np.isnan(february.customer_acquisition_cost)
    rejected = result["retention__rejected_records"].query("input == 'raw_costs'")
    assert len(rejected) == 2


def test_net_promoter_score_by_touchpoint():
    columns = "response_id customer_id responded_at score touchpoint"
    responses = frame_of(
        columns,
        *((str(n), "a", "2024-01-10", str(n), "delivery" if n > 5 else None) for n in range(12)),
    )
    raw = {"orders": orders_of(("a", "2024-01-10")), "survey_responses": responses}
    result = recompute(raw, Settings())
    scores = result["retention__net_promoter_score"].query("period_grain == 'month'")
    by_touchpoint = scores.set_index("touchpoint")
    counts = by_touchpoint[["responses", "promoters", "passives", "detractors"]]
    assert counts.loc["delivery"].tolist() == [5, 2, 2, 1]
    assert counts.loc["all"].tolist() == [11, 2, 2, 7]
    assert by_touchpoint.net_promoter_score["delivery"] == pytest.approx(0.2)
    rejected = result["retention__rejected_records"]
    assert rejected.reason.tolist() == ["score is no whole number from 0 to 10"]


# --- Identities on random shops ------------------------------------------------------------------


@hypothesis_settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(random_shops_with_marketing())
def test_identities_of_value(shop):
    raw, settings = shop
    result = recompute(raw, settings)
    check_bridge(result)
    check_cohorts(result)
    check_survival(result, settings)
    scores = result["retention__net_promoter_score"]
    assert (scores.promoters + scores.passives + scores.detractors == scores.responses).all()
    assert scores.net_promoter_score.between(-1, 1).all()
    quality = result["retention__data_quality"]
    assert (quality.raw == quality.accepted + quality.rejected + quality.duplicates_dropped).all()
    concentration = result["retention__revenue_concentration"]
    customers = result["retention__customers"]
    assert concentration.net_revenue.sum() == customers.net_revenue.sum()
    assert concentration.customers.sum() == len(customers)


def check_bridge(result):
    bridge = result["retention__revenue_bridge"]
    assert (
        bridge.previous_revenue
        + bridge.new_revenue
        + bridge.reactivated_revenue
        + bridge.expansion_revenue
        - bridge.contraction_revenue
        - bridge.churned_revenue
        + bridge.adjustment_revenue
        == bridge.current_revenue
    ).all()
    snapshots = result["retention__period_snapshots"]
    assert (bridge.current_revenue == snapshots.net_revenue).all()
    for _, series in bridge.groupby(["period_grain", "segment_dimension", "segment_value"]):
        previous, current = series.previous_revenue.array, series.current_revenue.array
        assert previous[0] == 0
        assert (previous[1:] == current[:-1]).all()
    positive = bridge[bridge.previous_revenue > 0]
    assert (positive.gross_revenue_retention <= positive.net_revenue_retention).all()


def check_cohorts(result):
    cohorts = result["retention__cohorts"]
    births = cohorts[cohorts.age == 0]
    assert (births.ordering_customers == births.cohort_customers).all()
    assert (cohorts.ordering_customers <= cohorts.returned_on_or_after).all()
    assert (cohorts.returned_on_or_after <= cohorts.cohort_customers).all()
    sizes = births.groupby(["cohort_grain", "segment_dimension"]).cohort_customers.sum()
    customers = result["retention__customers"]
    assert (sizes == len(customers)).all()
    latest = cohorts.sort_values("age").groupby(
        ["cohort_grain", "cohort_start", "segment_dimension", "segment_value"]
    )
    last = latest.tail(1).groupby(["cohort_grain", "segment_dimension"])
    assert (last.cumulative_net_revenue.sum() == customers.net_revenue.sum()).all()
    assert (last.cumulative_orders.sum() == customers.orders.sum()).all()


def check_survival(result, settings):
    curves = result["retention__survival"]
    customers = result["retention__customers"]
    if settings.activity_window_days == "period" or not len(customers):
        assert curves.empty
        return
    for _, curve in curves.groupby(["segment_dimension", "segment_value"]):
        assert curve.survival.is_monotonic_decreasing
        assert curve.survival.between(curve.survival_low, curve.survival_high).all()
        gone = (curve.events + curve.censored).to_numpy()
        assert (curve.at_risk.to_numpy() == gone[::-1].cumsum()[::-1]).all()
    total = curves[curves.segment_dimension == "all"]
    assert total.events.sum() + total.censored.sum() == len(customers)
