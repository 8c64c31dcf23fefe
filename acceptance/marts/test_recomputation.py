"""The recomputation itself, against published values, hand-made shops and every identity."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from acceptance.oracle import Settings, recompute
from acceptance.oracle.compare import compare
from acceptance.oracle.random_shops import DRAWN_ALIKE, random_shops
from acceptance.oracle.rates import wilson_interval
from acceptance.oracle.snapshots import AMOUNTS, COUNTS
from acceptance.support.shops import cdnow_orders, orders_of, refunds_of, row_of

PERIOD = ["period_grain", "period_start", "segment_dimension", "segment_value"]


def snapshot(result, *key):
    return row_of(result["retention__period_snapshots"], *key)


def movement_of(row):
    names = ("opening", "new", "reactivated", "lost", "closing")
    return tuple(int(row[f"{name}_customers"]) for name in names)


# --- CDNOW: the values of metrics.md section 8 ---------------------------------------------------
# In the first tier the marts have these values and equal the recomputation (`test_marts`).


@pytest.fixture(scope="module")
def cdnow_90_days():
    return recompute({"orders": cdnow_orders()}, Settings())


@pytest.fixture(scope="module")
def cdnow_period():
    return recompute({"orders": cdnow_orders()}, Settings(activity_window_days="period"))


@pytest.mark.everything
def test_cdnow_lifetime(cdnow_90_days):
    quality = cdnow_90_days["retention__data_quality"].set_index("input").loc["raw_orders"]
    assert (quality.accepted, quality.accepted_amount) == (69659, Decimal("2500315.63"))
    years = cdnow_90_days["retention__period_snapshots"].query("period_grain == 'year'")
    orders, net, last = years.orders.sum(), years.net_revenue.sum(), years.iloc[-1]
    assert (last.cumulative_customers, last.cumulative_repeat_customers) == (23570, 11662)
    assert float(net / orders) == pytest.approx(35.893648, abs=5e-7)
    assert orders / last.cumulative_customers == pytest.approx(2.955409, abs=5e-7)
    repeat_rate = cdnow_90_days["retention__repeat_rate"].lifetime_repeat_rate.iloc[-1]
    assert repeat_rate == pytest.approx(0.494782, abs=5e-7)


@pytest.mark.everything
@pytest.mark.parametrize(
    ("month", "movement"),
    [
        ("1997-04-01", (23570, 0, 0, 5542, 18028)),
        ("1997-05-01", (18028, 0, 191, 7556, 10663)),
        ("1997-07-01", (5322, 0, 894, 1349, 4867)),
    ],
)
def test_cdnow_with_a_window_of_90_days(cdnow_90_days, month, movement):
    assert movement_of(snapshot(cdnow_90_days, "month", month)) == movement


@pytest.mark.everything
def test_cdnow_with_the_period_as_window(cdnow_period):
    row = snapshot(cdnow_period, "month", "1998-05-01")
    assert (*movement_of(row), row.retained_customers) == (1437, 0, 1029, 978, 1488, 459)
    rates = row_of(cdnow_period["retention__retention_rate"], "month", "1998-05-01")
    assert rates.retention_rate == pytest.approx(0.3194, abs=5e-5)
    assert rates.retention_rate_net_of_new == pytest.approx(1.0355, abs=5e-5)


# --- Reading -------------------------------------------------------------------------------------


def test_every_unusable_row_has_its_reason():
    columns = ["order_id", "customer_id", "ordered_at", "gross_amount", "tax_amount"]
    rows = [
        ("1", "a", "2024-01-05", "10", None),
        ("1", "a", "2024-01-05", "10", None),  # a copy
        ("1", "a", "2024-01-04", "99", None),  # the same id, but earlier
        (" ", "a", "2024-01-05", "10", None),
        ("2", "a", None, "10", None),
        ("3", "a", "2024-01-32", "10", None),
        ("4", "a", "2024-01-05", None, None),
        ("5", "a", "2024-01-05", "1,234", None),
        ("6", "a", "2024-01-05", "-1", None),
        ("7", "a", "2024-01-05", "10", "x"),
        ("8", "a", "2024-01-05", "10", "-1"),
        ("9", "a", "2024-02-01", "10", None),
        ("10", "a", "2024-01-20", "10", None),
    ]
    orders = pd.DataFrame(rows, columns=columns, dtype="str")
    settings = Settings(as_of_date=date(2024, 1, 31), today=date(2024, 1, 10))
    result = recompute({"orders": orders}, settings)
    quality = result["retention__data_quality"].set_index("input").loc["raw_orders"]
    assert (quality.raw, quality.accepted, quality.rejected, quality.duplicates_dropped) == (
        (13, 1, 11, 1)
    )
    assert (quality.raw_amount, quality.rejected_amount) == (Decimal("188"), Decimal("168"))
    reasons = result["retention__rejected_records"][["record_id", "reason"]]
    assert sorted(reasons.itertuples(index=False, name=None), key=str) == sorted(
        [
            ("1", "another row with the same order_id was kept"),
            (None, "order_id is empty"),
            ("2", "ordered_at is empty"),
            ("3", "ordered_at cannot be read"),
            ("4", "gross_amount is empty"),
            ("5", "gross_amount cannot be read"),
            ("6", "gross_amount is negative"),
            ("7", "tax_amount cannot be read"),
            ("8", "tax_amount is negative"),
            ("9", "ordered_at is after the as-of date"),
            ("10", "ordered_at is in the future"),
        ],
        key=str,
    )


def test_refunds_are_checked_against_accepted_orders():
    orders = orders_of(("a", "2024-01-05"), ("a", "2024-01-06", "bad"), ("b", "2024-03-01"))
    refunds = refunds_of(
        ("1", "2024-01-07", "4"),
        ("2", "2024-01-07", "4"),  # its order is rejected
        ("x", "2024-01-07", "4"),
        ("1", "2024-03-02", "4"),  # after the as-of date
        ("1", "2024-01-07", "-4"),
        (None, "2024-01-07", "4"),  # of no known order
    )
    result = recompute({"orders": orders, "refunds": refunds}, Settings())
    rejected = result["retention__rejected_records"]
    assert rejected.query("input == 'raw_refunds'").set_index("record_id").reason.to_dict() == {
        "1": "order_id names no accepted order",
        "2": "order_id names no accepted order",
        "3": "refunded_at is after the as-of date",
        "4": "amount is negative",
    }


def test_the_latest_then_the_smallest_of_contradicting_rows_is_kept():
    orders = orders_of(
        ("a", "2024-01-05", "10"), ("b", "2024-01-06", "5"), ("c", "2024-01-06", "6")
    )
    result = recompute({"orders": orders.assign(order_id="1")}, Settings())
    assert result["retention__orders"].customer_key.tolist() == ["b"]


def test_order_dates_are_converted_first_and_truncated_after():
    orders = orders_of(
        ("a", "2024-03-31T21:59:59Z"),  # 23:59:59 in Berlin, where summer time began that day
        ("b", "2024-03-31 22:00:00"),
        ("c", "2024-03-31T20:00:00-05:00"),
        ("d", "2024-03-31"),  # a bare date is never shifted
    )
    result = recompute({"orders": orders}, Settings(reporting_timezone="Europe/Berlin"))
    dates = result["retention__orders"].set_index("order_id").order_date
    assert dates.sort_index().dt.day.tolist() == [31, 1, 1, 31]


def test_a_bare_date_stays_west_of_greenwich():
    orders = orders_of(("a", "2024-03-01"), ("b", "2024-03-01 04:59"), ("c", "2024-03-01T05:00Z"))
    result = recompute({"orders": orders}, Settings(reporting_timezone="America/New_York"))
    dates = result["retention__orders"].set_index("order_id").order_date
    assert dates.sort_index().dt.strftime("%m-%d").tolist() == ["03-01", "02-29", "03-01"]


def test_identity_by_email_merges_people_before_first_purchases_are_dated():
    orders = orders_of(("1", "2024-01-05"), ("2", "2024-02-05"), (None, "2024-02-06"))
    orders["email"] = [None, "Ann@example.com ", "ann@example.com"]
    customers = pd.DataFrame({"customer_id": ["1"], "email": ["ANN@example.com"]})
    settings = Settings(customer_identity="email")
    result = recompute({"orders": orders, "customers": customers}, settings)
    assert result["retention__orders"].order_number.tolist() == [1, 2, 3]
    assert len(result["retention__customers"]) == 1
    assert "example" not in result["retention__customers"].customer_key[0]


# --- The definitions, on shops small enough to follow by hand ------------------------------------


@pytest.mark.parametrize(
    ("window", "january", "february"),
    [
        (5, (0, 1, 0, 0, 1), (1, 0, 0, 1, 0)),  # lapses on 1 February
        (4, (0, 0, 0, 0, 0), (0, 0, 0, 0, 0)),  # lapses on 31 January: acquired and gone
    ],
)
def test_the_window_ends_to_the_day(window, january, february):
    settings = Settings(activity_window_days=window, as_of_date=date(2024, 2, 29))
    result = recompute({"orders": orders_of(("a", "2024-01-27"))}, settings)
    assert movement_of(snapshot(result, "month", "2024-01-01")) == january
    assert movement_of(snapshot(result, "month", "2024-02-01")) == february
    assert snapshot(result, "month", "2024-01-01").acquired_customers == 1
    lapse_date = pd.Timestamp(2024, 1, 27) + pd.Timedelta(days=window)
    assert result["retention__customers"].lapse_date[0] == lapse_date


def test_who_lapses_and_returns_inside_one_period_is_retained():
    orders = orders_of(("a", "2024-01-25"), ("a", "2024-02-20"))
    settings = Settings(activity_window_days=10, as_of_date=date(2024, 2, 29))
    result = recompute({"orders": orders}, settings)
    row = snapshot(result, "month", "2024-02-01")
    assert (*movement_of(row), row.retained_customers) == (1, 0, 0, 0, 1, 1)
    week = snapshot(result, "week", "2024-02-05")  # but lost in the week of the lapse
    assert movement_of(week) == (0, 0, 0, 0, 0)
    assert movement_of(snapshot(result, "week", "2024-01-29")) == (1, 0, 0, 1, 0)
    assert movement_of(snapshot(result, "week", "2024-02-19")) == (0, 0, 1, 0, 1)


def test_one_row_answers_lost_one_or_lost_two_and_won_one():
    orders = orders_of(
        ("a", "2024-01-01"),
        ("b", "2024-01-31"),
        ("c", "2024-01-31"),
        ("b", "2024-03-01"),
        ("d", "2024-03-02"),
        ("b", "2024-03-02"),
        ("a", "2024-03-31"),
    )
    result = recompute({"orders": orders}, Settings(activity_window_days=30))
    row = snapshot(result, "month", "2024-03-01")
    # At the close of 29 February: b and c (31 January + 30 days = 1 March), but not a.
    assert movement_of(row) == (2, 1, 1, 1, 3)
    counts = ("ordering", "repeat", "returning", "acquired")
    assert [row[f"{name}_customers"] for name in counts] == [3, 1, 2, 1]
    assert (row.orders, row.first_orders, row.later_orders) == (4, 1, 3)
    rates = row_of(result["retention__retention_rate"], "month", "2024-03-01")
    assert (rates.retention_rate, rates.quick_ratio) == (0.5, 2.0)
    assert (rates.retention_rate_net_of_new, rates.retention_rate_simple) == (1.0, 1.5)
    repeat = row_of(result["retention__repeat_rate"], "month", "2024-03-01")
    assert (repeat.repeat_customer_rate, repeat.lifetime_repeat_rate) == (1 / 3, 0.5)
    assert repeat.returning_revenue_share == pytest.approx(0.75)
    frequency = row_of(result["retention__purchase_frequency"], "month", "2024-03-01")
    assert frequency.customer_value == pytest.approx(40 / 3)


def test_warm_up_and_zero_denominators_are_null():
    orders = orders_of(("a", "2024-01-10"), ("a", "2024-03-01"))
    settings = Settings(activity_window_days=30, as_of_date=date(2024, 4, 30))
    result = recompute({"orders": orders}, settings)
    churn = result["retention__churn_rate"].query("period_grain == 'month'")
    assert churn.is_warm_up.tolist() == [True, False, False, False]  # 10 January + 30 days
    assert churn.opening_customers.tolist() == [0, 1, 0, 0]
    assert churn.churn_rate.isna().tolist() == [True, False, True, True]
    assert churn.churn_rate.tolist()[1] == 1.0
    assert snapshot(result, "quarter", "2024-04-01").is_complete == np.False_


def test_a_warm_up_ends_with_the_first_day_on_which_somebody_could_lapse():
    for window, warm_up in ((21, False), (22, True)):  # 10 January + 21 days = 31 January
        settings = Settings(activity_window_days=window, as_of_date=date(2024, 1, 31))
        result = recompute({"orders": orders_of(("a", "2024-01-10"))}, settings)
        assert snapshot(result, "month", "2024-01-01").is_warm_up == warm_up


def test_with_the_period_as_window_the_first_period_is_the_warm_up():
    orders = orders_of(("a", "2024-01-10"), ("a", "2024-02-01"), ("b", "2024-03-01"))
    result = recompute({"orders": orders}, Settings(activity_window_days="period"))
    churn = result["retention__churn_rate"].query("period_grain == 'month'")
    assert churn.is_warm_up.tolist() == [True, False, False]
    assert churn.churn_rate.tolist()[1:] == [0.0, 1.0]


def test_customers_are_active_until_the_day_before_their_lapse():
    orders = orders_of(("a", "2024-01-02"), ("b", "2024-01-01"), ("b", "2024-01-11"))
    for as_of, status in ((date(2024, 1, 11), "active"), (date(2024, 1, 12), "lapsed")):
        settings = Settings(activity_window_days=10, as_of_date=as_of)
        customers = recompute({"orders": orders}, settings)["retention__customers"]
        assert customers.status.tolist() == [status, "active"]
        assert customers.last_order_date.dt.day.tolist() == [2, 11]
        assert customers.lapse_date.dt.day.tolist() == [12, 21]
        assert customers.is_repeat_customer.tolist() == [False, True]


def test_refunds_count_on_their_own_date_or_on_their_order():
    orders = orders_of(("a", "2024-01-10", "50"), ("a", "2024-01-20", "30"), ("b", "2024-02-01"))
    refunds = refunds_of(("2", "2024-02-01", "28"), ("1", "2023-12-31", "5"))
    for dating, net, later_net in (
        ("refund", {"2023-12": -5, "2024-01": 80, "2024-02": -18}, {"2024-01": 30, "2024-02": -28}),
        ("order", {"2024-01": 47, "2024-02": 10}, {"2024-01": 2, "2024-02": 0}),
    ):
        raw = {"orders": orders, "refunds": refunds}
        result = recompute(raw, Settings(refund_dating=dating))
        months = result["retention__period_snapshots"].query("period_grain == 'month'")
        months = months.set_index(months.period_start.dt.strftime("%Y-%m"))
        assert months.net_revenue.to_dict() == net
        assert {month: months.later_net_revenue[month] for month in later_net} == later_net
        totals = result["retention__orders"].set_index("order_id").net_revenue
        assert totals.to_dict() == {"1": 45, "2": 2, "3": 10}


def test_an_excluded_status_is_no_purchase_and_its_refund_counts_nowhere():
    orders = orders_of(("a", "2024-01-10"), ("a", "2024-02-10"), status=["Paid", " CANCELLED "])
    refunds = refunds_of(("2", "2024-02-10", "10"))
    result = recompute({"orders": orders, "refunds": refunds}, Settings())
    row = snapshot(result, "year", "2024-01-01")
    assert (row.orders, row.net_revenue, row.refunds) == (1, 10, 0)
    assert result["retention__orders"].is_purchase.tolist() == [True, False]
    assert result["retention__orders"].refunds.tolist() == [0, 0]
    # The cancelled order still moves the as-of date.
    assert result["retention__period_snapshots"].period_start.max() == pd.Timestamp(2024, 2, 5)


def test_a_guest_is_no_customer_but_the_totals_tie():
    orders = orders_of(("a", "2024-01-10"), (None, "2024-01-11", "7"), (" ", "2024-01-12", "8"))
    orders["country"] = "DE"
    refunds = refunds_of(("2", "2024-01-12", "2"))
    raw = {"orders": orders, "refunds": refunds}
    result = recompute(raw, Settings(segment_columns=("country",)))
    for key, expected in (
        (("all", "all"), (1, 10, 2, 13)),
        (("country", "DE"), (1, 10, 0, 0)),
        (("country", "unknown"), (0, 0, 2, 13)),
    ):
        row = snapshot(result, "month", "2024-01-01", *key)
        assert expected == (
            row.orders,
            row.net_revenue,
            row.unattributed_orders,
            row.unattributed_net_revenue,
        )
    quality = result["retention__data_quality"].set_index("input")
    assert quality.unattributed.raw_orders == 2


def test_iso_weeks_cross_the_year():
    orders = orders_of(("a", "2020-12-31"), ("b", "2021-01-03"), ("c", "2021-01-04"))
    result = recompute({"orders": orders}, Settings())
    assert snapshot(result, "week", "2020-12-28").orders == 2
    assert snapshot(result, "week", "2020-12-28").period_end == pd.Timestamp(2021, 1, 3)
    assert snapshot(result, "week", "2021-01-04").orders == 1
    assert snapshot(result, "year", "2021-01-01").orders == 2


def test_leap_day():
    result = recompute({"orders": orders_of(("a", "2024-02-29"))}, Settings(activity_window_days=1))
    row = snapshot(result, "month", "2024-02-01")
    assert (row.period_end, row.closing_customers) == (pd.Timestamp(2024, 2, 29), 1)


def test_same_day_orders_are_numbered_by_time_then_by_id():
    orders = orders_of(
        ("a", "2024-01-10 12:00"), ("a", "2024-01-10 09:00"), ("a", "2024-01-10 12:00")
    )
    orders["order_id"] = ["c", "z", "b"]
    result = recompute({"orders": orders}, Settings())["retention__orders"]
    numbers = result.set_index("order_id").order_number
    assert numbers.to_dict() == {"z": 1, "b": 2, "c": 3}
    assert result.days_since_previous_order.tolist() == [pd.NA, 0, 0]


def test_shipping_and_tax_belong_to_the_total_order_value_only():
    orders = orders_of(("a", "2024-01-10", "100"), ("a", "2024-01-11", "50"))
    orders = orders.assign(discount_amount="10", shipping_amount="5", tax_amount=["19", None])
    values = recompute({"orders": orders}, Settings())["retention__average_order_value"].iloc[-1]
    assert values.average_order_value == 65
    assert values.average_order_value_gross == 75
    assert values.average_order_value_total == 79.5


def test_wilson_interval_of_five_in_ten():
    low, high = wilson_interval(np.array([5, 0]), np.array([10, 0]))
    assert (low[0], high[0]) == pytest.approx((0.236593, 0.763407), abs=1e-6)
    assert np.isnan(low[1])
    assert np.isnan(high[1])


def test_a_segment_column_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="shoe_size"):
        recompute(
            {"orders": orders_of(("a", "2024-01-10"))}, Settings(segment_columns=("shoe_size",))
        )


def test_a_shop_without_accepted_orders_is_empty():
    result = recompute({"orders": orders_of(("a", "never"))}, Settings(segment_columns=()))
    rows = {name: len(relation) for name, relation in result.items() if len(relation)}
    assert rows.pop("retention__order_gaps")  # percentiles and windows of no gaps
    assert rows == {
        "retention__rejected_records": 1,
        "retention__data_quality": 7,
        "retention__order_statuses": 1,
    }


# --- Identities of metrics.md sections 2 and 3, on random shops ----------------------------------


@pytest.mark.parametrize("shops", [25, pytest.param(100, marks=pytest.mark.everything)])
def test_identities(shops):
    @hypothesis_settings(max_examples=shops, **DRAWN_ALIKE)
    @given(random_shops())
    def check(shop):
        raw, settings = shop
        result = recompute(raw, settings)
        check_rows_and_money(result, raw)
        check_snapshots(result, settings)
        check_rates(result)

    check()


def check_rows_and_money(result, raw):
    quality = result["retention__data_quality"]
    for suffix in ("", "_amount"):
        parts = [f"{part}{suffix}" for part in ("accepted", "rejected", "duplicates_dropped")]
        assert (quality[f"raw{suffix}"] == quality[parts].sum(axis=1)).all()
    assert quality.rejected.sum() == len(result["retention__rejected_records"])
    orders = result["retention__orders"]
    assert len(orders) == quality.accepted[0] >= 1
    assert orders.order_id.is_unique
    purchases = orders[orders.is_purchase]
    known = purchases.customer_key.notna()
    orders_of_refunds = raw["refunds"].order_id if "refunds" in raw else []
    refunds_name_an_order = all(isinstance(id, str) and id.strip() for id in orders_of_refunds)
    for grain in result["retention__period_snapshots"].groupby("period_grain"):
        rows = grain[1].query("segment_dimension == 'all'")
        assert rows.orders.sum() + rows.unattributed_orders.sum() == len(purchases)
        assert rows.net_revenue.sum() == purchases.net_revenue[known].sum()
        # A refund that names no order is nobody's.
        unattributed = purchases.net_revenue[~known].sum() - rows.unattributed_net_revenue.sum()
        assert unattributed == 0 if refunds_name_an_order else unattributed >= 0


def check_snapshots(result, settings):
    rows = result["retention__period_snapshots"]
    assert not rows.duplicated(PERIOD).any()
    assert (
        rows.opening_customers
        + rows.new_customers
        + rows.reactivated_customers
        - rows.lost_customers
        == rows.closing_customers
    ).all()
    assert (rows.retained_customers + rows.lost_customers == rows.opening_customers).all()
    assert (rows.repeat_customers <= rows.ordering_customers).all()
    assert (rows.ordering_customers <= rows.orders).all()
    assert (rows.first_orders + rows.later_orders == rows.orders).all()
    assert (rows.first_orders == rows.acquired_customers).all()
    assert (rows.gross_revenue - rows.discounts - rows.refunds == rows.net_revenue).all()
    for _, series in rows.groupby(["period_grain", "segment_dimension", "segment_value"]):
        ends = series.period_end + pd.Timedelta(days=1)
        assert (ends.iloc[:-1].array == series.period_start.iloc[1:].array).all()
        assert (
            series.closing_customers.iloc[:-1].array == series.opening_customers.iloc[1:].array
        ).all()
        assert series.acquired_customers.sum() == series.cumulative_customers.iloc[-1]
    total = rows[rows.segment_dimension == "all"]
    customers = len(result["retention__customers"])
    assert (total.groupby("period_grain").acquired_customers.sum() == customers).all()
    for _, segments in rows.groupby("segment_dimension"):
        if not (segments.segment_dimension == "all").all():
            columns = [*COUNTS, *AMOUNTS]
            sums = segments.groupby(["period_grain", "period_start"])[columns].sum()
            totals = total.set_index(["period_grain", "period_start"])[columns].sort_index()
            assert (sums == totals).all(axis=None)
    if settings.activity_window_days != "period":
        # All running periods close on the as-of date.
        closes = total.period_end.where(total.is_complete, pd.Timestamp.max.floor("D"))
        assert (total.groupby(closes).closing_customers.nunique() == 1).all()
    movements = result["retention__customer_movements"]
    for movement in ("new", "reactivated", "lost"):
        assert (movements.movement == movement).sum() == total[f"{movement}_customers"].sum()
    active = result["retention__customer_period_snapshots"]
    assert not active.duplicated(["period_grain", "period_start", "customer_key"]).any()
    assert len(active) == total.closing_customers.sum()


def check_rates(result):
    rows = result["retention__period_snapshots"]
    churn = result["retention__churn_rate"].churn_rate
    rates = result["retention__retention_rate"]
    known = ~churn.isna()
    opening = rows.opening_customers[known]
    assert (known == ((rows.opening_customers > 0) & ~rows.is_warm_up)).all()

    def equal(left, right):
        np.testing.assert_allclose(left.astype(float), right.astype(float), rtol=1e-12, atol=1e-12)

    equal((churn + rates.retention_rate)[known], known[known])
    equal(
        (rates.retention_rate_simple - rates.retention_rate_net_of_new)[known],
        rows.acquired_customers[known] / opening,
    )
    acquired_and_lapsed = rows.acquired_customers - rows.new_customers
    equal(
        (rates.retention_rate_net_of_new - rates.retention_rate)[known],
        (rows.reactivated_customers - acquired_and_lapsed)[known] / opening,
    )
    frequency = result["retention__purchase_frequency"]
    value = result["retention__average_order_value"]
    ordering = rows.ordering_customers
    equal(
        (frequency.purchase_frequency * value.average_order_value)[ordering > 0],
        (rows.net_revenue.astype(float) / ordering.where(ordering > 0))[ordering > 0],
    )
    repeat = result["retention__repeat_rate"]
    for share, low, high in (
        (churn, result["retention__churn_rate"].churn_rate_low, None),
        (rates.retention_rate, rates.retention_rate_low, rates.retention_rate_high),
        (
            repeat.repeat_customer_rate,
            repeat.repeat_customer_rate_low,
            repeat.repeat_customer_rate_high,
        ),
        (repeat.returning_customer_rate, None, None),
        (repeat.lifetime_repeat_rate, None, None),
    ):
        assert share.dropna().between(0, 1).all()
        assert low is None or (low - share).dropna().le(1e-12).all()
        assert high is None or (share - high).dropna().le(1e-12).all()


# --- The comparison ------------------------------------------------------------------------------

EXPECTED = pd.DataFrame(
    {
        "name": ["a", "b"],
        "day": np.array(["2024-01-01", "NaT"], dtype="datetime64[s]"),
        "orders": pd.array([1, None], dtype="Int64"),
        "revenue": [Decimal("1.10"), Decimal("0.00")],
        "rate": [1 / 3, np.nan],
    }
)


def test_equal_frames_have_no_differences_whatever_their_types_and_order():
    mart = pd.DataFrame(
        {
            "rate": [None, 0.33333333333333337],
            "day": [None, date(2024, 1, 1)],
            "revenue": [0.0, 1.1],
            "orders": [np.nan, 1.0],
            "name": ["b", "a"],
            "more": [1, 2],
        }
    )
    assert compare(mart, EXPECTED, ["name"]) == []


@pytest.mark.parametrize(
    ("mart", "difference"),
    [
        (EXPECTED[:1], "m name='b': row is missing"),
        (EXPECTED.replace({"name": {"b": "c"}}), "m name='c': row is not expected"),
        (pd.concat([EXPECTED, EXPECTED[:1]]), "m name='a': more than one row in the mart"),
        (EXPECTED.drop(columns="rate"), "m: column rate is missing"),
        (EXPECTED.assign(rate=[0.333334, None]), "m name='a': rate is 0.333334, expected 0.333"),
        (EXPECTED.assign(rate=[1 / 3, 0.0]), "m name='b': rate is 0.0, expected NULL"),
        (EXPECTED.assign(rate=[None, None]), "m name='a': rate is NULL, expected 0.333"),
        (EXPECTED.assign(orders=[2, None]), "m name='a': orders is 2.0, expected 1"),
        (EXPECTED.assign(revenue=[1.1, 0.001]), "m name='b': revenue is 0.001, expected 0.00"),
        (EXPECTED.assign(day=date(2024, 1, 1)), "m name='b': day is 2024-01-01, expected NULL"),
    ],
)
def test_every_difference_is_named(mart, difference):
    found = compare(mart, EXPECTED, ["name"], "m")
    assert any(line.startswith(difference) for line in found), found


def test_only_the_first_differences_are_listed():
    found = compare(EXPECTED[:0], EXPECTED, ["name"], "m", limit=1)
    assert found == ["m name='a': row is missing", "m: and 1 more"]
