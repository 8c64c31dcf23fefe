"""The recomputation of customer value, against lifelines, hand-made shops and its identities."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from acceptance.oracle import Settings, recompute
from acceptance.oracle.predictions import (
    expected_order_value,
    expected_purchases,
    median_wait,
    probability_alive,
    probability_of_purchase,
)
from acceptance.oracle.random_shops import DRAWN_ALIKE, random_shops_with_marketing
from acceptance.oracle.shop import open_shop
from acceptance.oracle.snapshots import Ledger
from acceptance.oracle.survival import (
    kaplan_meier,
    median_lifetime,
    order_gaps,
    restricted_mean_lifetime,
    survival_curves,
)
from acceptance.oracle.value import rfm_segment, score_by_rank
from acceptance.support.shops import cdnow_orders, orders_of, refunds_of, row_of

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
    assert gaps.days[gaps.same_day_orders == "merged"].tolist() == [34, 119, 200, 283]


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
    percentiles = gaps.query("percent == 50").set_index("same_day_orders")
    assert percentiles.days.to_dict() == {"merged": 30, "kept": 30}
    assert percentiles.gaps.to_dict() == {"merged": 2, "kept": 3}
    assert gaps.query("is_window_in_use").days.tolist() == [90]


def test_with_the_period_as_window_who_skips_a_period_has_lapsed():
    orders = orders_of(
        ("a", "2024-01-31"),  # not in February, though in March: lapsed on 1 February
        ("a", "2024-03-01"),
        ("b", "2024-01-01"),  # in every month so far
        ("b", "2024-02-29"),
        ("b", "2024-03-10"),
        ("c", "2024-02-01"),  # not yet in March, as it stands on 10 March
    )
    settings = Settings(activity_window_days="period", period_grains=("quarter", "month"))
    curve = recompute({"orders": orders}, settings)["retention__survival"]
    events = dict(zip(curve.day, curve.events, strict=True))
    assert events == {0: 0, 1: 1, 29: 1, 69: 0}
    assert curve.censored.tolist() == [0, 0, 0, 1]


def test_lifetimes_of_a_curve():
    orders = orders_of(("a", "2024-01-01"), ("b", "2024-01-01"), ("b", "2024-01-21"))
    lifetimes = recompute({"orders": orders}, Settings(activity_window_days=10))
    row = lifetimes["retention__survival_lifetimes"].iloc[0]
    assert (row.customers, row.lapsed_customers, row.longest_observed_days) == (2, 2, 10)
    assert (row.median_lifetime_days, row.restricted_mean_lifetime_days) == (10, 10)


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


def test_revenue_that_refunds_made_negative_has_no_retention():
    orders = orders_of(
        ("a", "2023-12-10", "20"), ("a", "2024-01-10", "10"), ("a", "2024-02-10", "5")
    )
    raw = {"orders": orders, "refunds": refunds_of(("1", "2024-01-20", "12"))}
    bridge = recompute(raw, Settings())["retention__revenue_bridge"]
    row = row_of(bridge, "month", "2024-02-01")
    assert (row.previous_revenue, row.expansion_revenue) == (-2, 7)
    assert np.isnan(row.net_revenue_retention)
    assert np.isnan(row.gross_revenue_retention)


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


def test_the_average_cohort_holds_complete_cells_only():
    orders = orders_of(
        ("a", "2024-01-10"),
        ("b", "2024-01-10"),
        ("c", "2024-01-10"),
        ("d", "2024-02-10"),
        ("a", "2024-02-11"),
        ("d", "2024-03-01"),  # March is not over
    )
    averages = recompute({"orders": orders}, Settings())["retention__cohort_averages"]
    months = averages.query("cohort_grain == 'month'").set_index("age")
    assert months.cohorts.to_dict() == {0: 2, 1: 1}
    assert months.cohort_customers.to_dict() == {0: 4, 1: 3}
    assert months.retention_rate[1] == pytest.approx(1 / 3)
    assert months.rolling_retention_rate[1] == 1
    assert months.on_or_after_retention_rate[1] == pytest.approx(1 / 3)
    assert months.cumulative_value_per_customer.to_dict() == {0: 10, 1: pytest.approx(40 / 3)}


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
    assert row.formula_clv == 40
    # a, b, c lapse 45 days after 31 January, d after 25.
    assert row.survival_lifespan_periods == pytest.approx((25 + 20 * 0.75) / 29)
    assert row.survival_clv == pytest.approx(400 / 29)
    assert np.isnan(row_of(clv, "month", "2024-01-01").formula_clv)  # a warm-up period


def test_net_clv_is_margin_less_all_costs_a_customer():
    orders = orders_of(("a", "2024-01-10"), ("b", "2024-02-10"), ("a", "2024-03-31"))
    orders = orders.assign(cost_amount=["4", "5", None])
    costs = frame_of(
        "spent_on purpose amount",
        ("2024-01-01", "acquisition", "3"),
        ("2024-02-29", "retention", "2"),
    )
    clv = recompute({"orders": orders, "costs": costs}, Settings())[
        "retention__customer_lifetime_value"
    ]
    months = [row_of(clv, "month", f"2024-0{month}-01") for month in (1, 2, 3)]
    assert [row.cumulative_margin for row in months] == [6, 11, None]
    assert [row.cumulative_cost for row in months] == [3, 5, 5]
    assert [row.net_clv for row in months[:2]] == [3, 3]
    assert np.isnan(months[2].net_clv)


def test_ties_share_a_score():
    assert score_by_rank(pd.Series([5, 1, 1, 9, 7])).tolist() == [3, 1, 1, 5, 4]
    assert score_by_rank(pd.Series(range(10))).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_the_top_fifth_of_the_customers():
    orders = orders_of(*((f"c{number}", "2024-01-10", str(number)) for number in range(1, 11)))
    result = recompute({"orders": orders}, Settings())
    concentration = result["retention__revenue_concentration"]
    assert concentration.decile.tolist() == list(range(1, 11))
    assert concentration.net_revenue.tolist() == list(range(10, 0, -1))
    assert concentration.cumulative_revenue_share[1] == pytest.approx(19 / 55)
    few = recompute({"orders": orders[:3]}, Settings())["retention__revenue_concentration"]
    assert few.customers.tolist() == [1, 0, 0, 1, 0, 0, 1, 0, 0, 0]
    assert few.net_revenue.tolist() == [3, 0, 0, 2, 0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("scores", "orders", "segment"),
    [
        ((5, 5, 5), 9, "vip"),
        ((4, 4, 4), 2, "vip"),
        ((5, 5, 3), 9, "loyal"),
        ((3, 5, 5), 9, "loyal"),
        ((2, 4, 1), 9, "at_risk"),
        ((1, 1, 4), 1, "at_risk"),
        ((2, 3, 3), 2, "hibernating"),
        ((4, 1, 5), 1, "new"),
        ((4, 3, 5), 2, "occasional"),
        ((3, 1, 1), 1, "occasional"),
    ],
)
def test_named_segments(scores, orders, segment):
    assert rfm_segment("active", *scores, orders) == segment


@pytest.mark.parametrize(
    ("scores", "orders", "segment"),
    [((5, 5, 5), 9, "at_risk"), ((3, 1, 4), 1, "at_risk"), ((5, 1, 1), 1, "hibernating")],
)
def test_named_segments_of_the_lapsed(scores, orders, segment):
    assert rfm_segment("lapsed", *scores, orders) == segment


def test_named_segments_by_segment_value():
    orders = orders_of(*(("a", f"2024-01-{day:02}") for day in range(1, 10)), ("b", "2024-01-01"))
    orders = orders.assign(channel=["web"] * 9 + ["shop"])
    settings = Settings(activity_window_days=5, segment_columns=("channel",))
    segments = recompute({"orders": orders}, settings)["retention__rfm_segments"]
    found = segments[segments.customers > 0].set_index(["segment_value", "rfm_segment"])
    # Of two customers the better one has score 3, the other 1.
    assert found.index.tolist() == [
        ("all", "hibernating"),
        ("all", "occasional"),
        ("shop", "hibernating"),
        ("web", "occasional"),
    ]
    assert found.active_customers.tolist() == [0, 1, 0, 1]
    assert found.customer_share.tolist() == [0.5, 0.5, 1, 1]
    assert found.revenue_share.tolist() == pytest.approx([0.1, 0.9, 1, 1])
    assert len(segments) == 18


# --- Predictions ---------------------------------------------------------------------------------

FITS = {  # of the CDNOW sample, as published
    "bg_nbd": {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259},
    "gamma_gamma": {"p": 6.25, "q": 3.74, "v": 15.44},
}


def test_published_predictions():
    fit = FITS["bg_nbd"]
    assert expected_purchases(fit, 2, 30.43, 38.86, 39) == pytest.approx(1.226, abs=5e-4)
    assert expected_purchases(fit, 26, 30.857, 31, 52) == pytest.approx(25.7565, rel=1e-4)
    assert probability_alive(fit, 26, 30.857, 31) == pytest.approx(0.968852, rel=1e-4)
    assert expected_order_value(FITS["gamma_gamma"], 0, 0) == pytest.approx(6.25 * 15.44 / 2.74)


def test_published_timing():
    fit = FITS["bg_nbd"]
    assert probability_of_purchase(fit, 2, 30.43, 38.86, 90 / 7) == pytest.approx(
        0.321162, abs=6e-7
    )
    assert probability_of_purchase(fit, 0, 0, 38.86, 39) == pytest.approx(0.144332, abs=6e-7)
    assert median_wait(fit, 7, 38.86) == pytest.approx(4.3461, abs=6e-5)
    assert median_wait({**fit, "r": 1e-5}, 0, 38.86) == float("inf")


def test_predictions_of_customers():
    orders = orders_of(
        ("a", "2024-01-01", "99"),  # the first purchase is no repeat purchase
        ("a", "2024-01-15", "20"),
        ("a", "2024-01-15", "10"),  # the same day is the same purchase
        ("b", "2024-01-29", "10"),
    )
    settings = Settings(clv_parameters=FITS, clv_horizon_days=70)
    rows = recompute({"orders": orders}, settings)["retention__customers"]
    a, b = rows.itertuples()
    assert a.probability_alive == probability_alive(FITS["bg_nbd"], 1, 2, 4)
    assert a.expected_purchases == expected_purchases(FITS["bg_nbd"], 1, 2, 4, 10)
    value = expected_order_value(FITS["gamma_gamma"], 1, 30)
    assert float(a.expected_order_value) == pytest.approx(value, abs=0.005)
    assert float(a.predicted_clv) == pytest.approx(a.expected_purchases * value, abs=0.005)
    at_risk = a.expected_purchases / a.probability_alive * value * (1 - a.probability_alive)
    assert float(a.value_at_risk) == pytest.approx(at_risk, abs=0.005)
    assert (b.probability_alive, b.value_at_risk) == (1, 0)
    soon = probability_of_purchase(FITS["bg_nbd"], 1, 2, 4, 90 / 7)
    assert (a.probability_of_purchase, a.churn_risk) == (soon, "medium")
    # (4.4136 + 4) * (2 ^ (1 / 1.2426) - 1) = 6.2829 weeks, which is 43.98 days, after 29 January.
    assert a.expected_next_order_date == pd.Timestamp("2024-03-13")
    assert pd.isna(b.expected_next_order_date)
    discounting = replace(settings, clv_discount_rate_annual=0.5)
    discounted = recompute({"orders": orders}, discounting)["retention__customers"]
    assert discounted.expected_purchases.tolist() == rows.expected_purchases.tolist()
    shares = discounted.predicted_clv.astype(float) / rows.predicted_clv.astype(float)
    assert shares.between(1.5 ** (-70 / 365), 1).all()
    assert (shares < 0.99).all()


# --- Acquisition and survey responses ------------------------------------------------------------


def test_acquisition_costs_of_the_shop_and_of_a_channel():
    orders = orders_of(("a", "2024-01-10"), ("b", "2024-01-11"), ("a", "2024-02-01"))
    customers = frame_of(
        "customer_id channel country referred_by_customer_id",
        ("a", "web", "DE", None),
        ("b", "shop", "DE", "a"),
    )
    orders = orders.assign(cost_amount=["1", "4", "2"])
    costs = frame_of(
        "spent_on purpose amount channel",
        ("2024-01-05", "acquisition", "6", "web"),
        ("2024-01-05", "acquisition", "1", "web"),
        ("2024-01-05", "acquisition", "1", "web"),  # costs have no id: this is another one
        ("2024-01-31", "acquisition", "9", "shop"),
        ("2024-01-31", "acquisition", "3", "radio"),
        ("2024-01-31", "retention", "5", None),
        ("2024-01-31", "party", "5", None),
        ("2024-02-02", "retention", "5", None),  # after the as-of date
    )
    raw = {"orders": orders, "customers": customers, "costs": costs}
    result = recompute(raw, Settings(segment_columns=("channel", "country")))
    acquisition = result["retention__acquisition"]
    total = row_of(acquisition, "month", "2024-01-01")
    assert (total.acquisition_cost, total.retention_cost) == (20, 5)
    assert (total.customer_acquisition_cost, total.referral_rate) == (10, 0.5)
    assert (total.acquired_margin, total.return_on_investment) == (23, 0.15)
    assert total.payback_periods == 1  # with what a bought in February
    web = row_of(acquisition, "month", "2024-01-01", "channel", "web")
    assert (web.acquisition_cost, web.customer_acquisition_cost, web.referral_rate) == (8, 8, 0)
    assert (web.acquired_margin, web.payback_periods) == (17, 0)
    assert web.retention_cost is None
    shop = row_of(acquisition, "month", "2024-01-01", "channel", "shop")
    assert (shop.acquired_margin, shop.return_on_investment) == (6, -3 / 9)
    assert pd.isna(shop.payback_periods)
    radio = row_of(acquisition, "month", "2024-01-01", "channel", "radio")
    assert (radio.acquisition_cost, radio.acquired_customers, radio.acquired_margin) == (3, 0, 0)
    assert np.isnan(radio.customer_acquisition_cost)
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
    assert scores.touchpoint.tolist() == ["all", "delivery", "unknown"]
    rejected = result["retention__rejected_records"]
    assert rejected.reason.tolist() == ["score is no whole number from 0 to 10"]


def test_without_an_answer_there_is_no_net_promoter_score():
    columns = "response_id customer_id responded_at score"
    responses = frame_of(columns, ("1", "b", "2024-02-01", "9"))
    orders = orders_of(("a", "2024-01-10"), ("a", "2024-02-10"))
    settings = Settings(segment_columns=("first_order_month",), period_grains=("month",))
    raw = {"orders": orders, "survey_responses": responses}
    scores = recompute(raw, settings)["retention__net_promoter_score"]
    assert len(scores) == 2 * 3 * 2  # periods x (all, 2024-01, unknown) x touchpoints
    assert scores.responses.sum() == 4  # total and unknown, each under all and unknown
    answered = scores[scores.responses > 0]
    assert set(answered.segment_value) == {"all", "unknown"}
    assert (answered.net_promoter_score == 1).all()
    assert scores[scores.responses == 0].net_promoter_score.isna().all()
    assert recompute({"orders": orders}, settings)["retention__net_promoter_score"].empty


# --- Identities on random shops ------------------------------------------------------------------


@pytest.mark.parametrize("shops", [20, pytest.param(60, marks=pytest.mark.everything)])
def test_identities_of_value(shops):
    @hypothesis_settings(max_examples=shops, **DRAWN_ALIKE)
    @given(random_shops_with_marketing())
    def check(shop):
        raw, settings = shop
        result = recompute(raw, settings)
        check_bridge(result)
        check_cohorts(result)
        check_survival(result)
        scores = result["retention__net_promoter_score"]
        assert (scores.promoters + scores.passives + scores.detractors == scores.responses).all()
        assert scores.net_promoter_score.dropna().between(-1, 1).all()
        quality = result["retention__data_quality"]
        assert (
            quality.raw == quality.accepted + quality.rejected + quality.duplicates_dropped
        ).all()
        concentration = result["retention__revenue_concentration"]
        customers = result["retention__customers"]
        for _, deciles in concentration.groupby("segment_dimension"):
            assert deciles.net_revenue.sum() == customers.net_revenue.sum()
            assert deciles.customers.sum() == len(customers)

    check()


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
    known = bridge[bridge.previous_revenue > 0]
    assert (known.gross_revenue_retention <= known.net_revenue_retention).all()
    assert bridge.net_revenue_retention.notna().sum() == len(known)


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


def check_survival(result):
    curves = result["retention__survival"]
    customers = result["retention__customers"]
    if not len(customers):
        assert curves.empty
        return
    for _, curve in curves.groupby(["segment_dimension", "segment_value"]):
        assert curve.survival.is_monotonic_decreasing
        assert curve.survival.between(curve.survival_low, curve.survival_high).all()
        gone = (curve.events + curve.censored).to_numpy()
        assert (curve.at_risk.to_numpy() == gone[::-1].cumsum()[::-1]).all()
    total = curves[curves.segment_dimension == "all"]
    assert total.events.sum() + total.censored.sum() == len(customers)
