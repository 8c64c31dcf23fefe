"""Every mart equals its independent recomputation: on the demo, on CDNOW and on random shops.

For longer runs, `RETENTION_RANDOM_SHOPS` sets how many random shops each of the settings gets and
`RETENTION_RANDOM_BUILDS` how many random shops, of random settings, dbt itself builds.
"""

import os
from dataclasses import asdict, replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as effort

from acceptance.oracle.compare import compare
from acceptance.oracle.random_shops import MINOR_UNITS, TERM_COLUMN, random_shops_with_marketing
from acceptance.oracle.recompute import recompute
from acceptance.oracle.settings import Settings
from acceptance.support.compiled_project import CompiledProject, columns_read
from acceptance.support.shops import cdnow_orders, row_of
from retention_cli.project import ROOT

RANDOM_SHOPS = int(os.environ.get("RETENTION_RANDOM_SHOPS", "5"))
RANDOM_BUILDS = int(os.environ.get("RETENTION_RANDOM_BUILDS", "6"))

PERIOD_KEY = ["period_grain", "period_start", "segment_dimension", "segment_value"]
SEGMENT_KEY = ["segment_dimension", "segment_value"]
KEYS = {
    "retention__orders": ["order_id"],
    "retention__customers": ["customer_key"],
    "retention__customer_movements": ["period_grain", "period_start", "customer_key"],
    "retention__customer_period_snapshots": ["period_grain", "period_start", "customer_key"],
    "retention__period_snapshots": PERIOD_KEY,
    "retention__churn_rate": PERIOD_KEY,
    "retention__retention_rate": PERIOD_KEY,
    "retention__repeat_rate": PERIOD_KEY,
    "retention__purchase_frequency": PERIOD_KEY,
    "retention__average_order_value": PERIOD_KEY,
    "retention__contribution_margin": PERIOD_KEY,
    "retention__revenue_bridge": PERIOD_KEY,
    "retention__cohorts": ["cohort_grain", "cohort_start", *SEGMENT_KEY, "age"],
    "retention__cohort_averages": ["cohort_grain", *SEGMENT_KEY, "age"],
    "retention__repurchase_windows": ["cohort_grain", "cohort_start", *SEGMENT_KEY, "window_days"],
    "retention__order_ladder": [*SEGMENT_KEY, "order_number"],
    "retention__survival": [*SEGMENT_KEY, "day"],
    "retention__survival_lifetimes": SEGMENT_KEY,
    "retention__order_gaps": ["kind", "same_day_orders", "percent", "days"],
    "retention__customer_lifetime_value": PERIOD_KEY,
    "retention__rfm_segments": [*SEGMENT_KEY, "rfm_segment"],
    "retention__revenue_concentration": [*SEGMENT_KEY, "decile"],
    "retention__audiences": ["audience", "customer_key"],
    "retention__acquisition": PERIOD_KEY,
    "retention__net_promoter_score": [*PERIOD_KEY, "touchpoint"],
    "retention__metrics": ["metric", *PERIOD_KEY],
    "retention__data_quality": ["input"],
    "retention__order_statuses": ["status"],
    "retention__rejected_records": ["input", "record_id"],
}
# What says why or how rather than how much, and the fits, which have tests of their own.
WORDS = {
    "retention__customer_lifetime_value": {"reason"},
    "retention__acquisition": {"reason"},
    "retention__contribution_margin": {"reason", "not_recorded"},
    "retention__data_quality": {"warning"},
    "retention__repurchase_windows": {"reason"},
    "retention__audiences": {"reason"},
    "retention__rfm_segments": {"rule"},
    "retention__rejected_records": {
        "reason",
        "raw_record",
        "record_number",
        "source_rows",
        "amount",
    },
    # A number in the order of the keys, which are compared.
    "retention__customer_movements": {"customer_number"},
    "retention__customer_period_snapshots": {"customer_number"},
    "retention__orders": {"customer_number"},
}
NOT_RECOMPUTED = {
    "retention__metric_definitions",
    "retention__clv_model",
    "retention__clv_calibration",
    "retention__forecast",
    "retention__restatements",
}

FITS = {
    "bg_nbd": {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259},
    "gamma_gamma": {"p": 6.2495, "q": 3.7442, "v": 15.4437},
}
SETTINGS = [
    Settings(
        segment_columns=("country", "channel"),
        clv_discount_rate_annual=0.1,
        history_starts_on=date(2020, 1, 1),
    ),
    Settings(
        activity_window_days=30,
        activity_window_column=TERM_COLUMN,
        minor_units=MINOR_UNITS,
        refund_dating="order",
        reporting_currency="EUR",
        reporting_timezone="America/Sao_Paulo",
        segment_columns=("channel",),
    ),
    Settings(
        activity_window_days=5,
        customers_across_stores=False,
        reporting_timezone="Europe/Berlin",
        segment_columns=("store",),
        source_timezone={"raw_orders": "Asia/Tokyo"},
        clv_horizon_days=91,
    ),
    Settings(
        activity_window_days=1,
        activity_window_column=TERM_COLUMN,
        customer_identity="email",
        identity_link_limit=2,
        unidentified_values=("b",),
        reporting_timezone="Pacific/Auckland",
        segment_columns=("tier",),
    ),
    Settings(
        activity_window_days=7,
        as_of_date=date(2020, 10, 28),
        customer_identity="email",
        customers_across_stores=False,
        period_grains=("month",),
    ),
    Settings(
        activity_window_days=400,
        segment_columns=("first_order_value_band", "first_order_discounted", "first_order_weekday"),
        week_start="saturday",
        fiscal_year_start_month=4,
        minimum_order_value="10",
        repurchase_windows=(1, 7, 31),
    ),
    Settings(
        activity_window_days="period",
        customer_identity="phone",
        phone_calling_code="49",
        unidentified_values=("+49 151123410",),
        segment_columns=("country", "first_order_month"),
        unknown_statuses="no_purchase",
        week_start="sunday",
        source_timezone="Europe/Berlin",
    ),
    Settings(
        activity_window_days="period",
        as_of_date=date(2020, 3, 17),
        period_grains=("quarter", "month"),
        refund_dating="order",
    ),
]
SETTINGS = [replace(settings, clv_parameters=FITS) for settings in SETTINGS]
LONG = [pytest.mark.everything]
SHOPS = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}


def variables_of(settings):
    """The dbt vars of the settings."""
    given_values = {name: value for name, value in asdict(settings).items() if name != "today"}
    return {name: value for name, value in given_values.items() if value is not None}


def settings_id(settings):
    """What differs from the defaults."""
    defaults = variables_of(Settings(clv_parameters=FITS))
    changed = {k: v for k, v in variables_of(settings).items() if defaults.get(k) != v}
    return " ".join(f"{name}={value}" for name, value in changed.items()) or "defaults"


def as_compared(marts):
    """The relations as they are compared: records without an id are told apart by nothing."""
    rejected = marts["retention__rejected_records"]
    counted = rejected.groupby(["input", "record_id"], dropna=False).size().rename("records")
    return {**marts, "retention__rejected_records": counted.reset_index()}


def differences(marts, raw, settings, without=()):
    """What differs, cell by cell, between marts (relation -> frame) and their recomputation."""
    expected = as_compared(recompute(raw, settings))
    marts = as_compared(marts)
    found = []
    for relation in sorted((KEYS.keys() - set(without)) & (expected.keys() | marts.keys())):
        unknown = set(marts[relation]) - set(expected[relation]) - WORDS.get(relation, set())
        found += [f"{relation}: column {column} is not recomputed" for column in sorted(unknown)]
        found += compare(marts[relation], expected[relation], KEYS[relation], relation, limit=5)
    return found


def marts_of(build):
    """Every public relation of a build."""
    marts = {relation: build.frame(relation) for relation in build.relations()}
    assert not marts.keys() - KEYS.keys() - NOT_RECOMPUTED
    return marts


def with_fits_of(build, settings):
    """The settings with the parameters that a build has found; the fits have tests of their own."""
    fits = build.frame("retention__clv_model").set_index("model")
    assert fits["converged"].all()
    return replace(
        settings,
        clv_parameters={model: dict(fits.loc[model, list(own)]) for model, own in FITS.items()},
    )


# The demo and CDNOW


def demo_inputs():
    """The demo shop's seeds as text, by input."""
    return {
        name: pd.read_csv(ROOT / f"seeds/retention_demo__raw_{name}.csv", dtype="str")
        for name in ("orders", "customers", "refunds", "costs", "survey_responses")
    }


def demo_settings(demo):
    """The settings of the demo, with the fits of its build."""
    segments = ("country", "acquisition_channel", "loyalty_tier")
    return with_fits_of(demo, Settings(segment_columns=segments))


def test_marts_of_the_demo_equal_their_recomputation(demo):
    assert not differences(marts_of(demo), demo_inputs(), demo_settings(demo))


def test_marts_of_cdnow_equal_their_recomputation(cdnow):
    settings = with_fits_of(cdnow, Settings())
    assert not differences(marts_of(cdnow), {"orders": cdnow_orders()}, settings)


def test_cdnow_by_row(cdnow):
    total = cdnow.query(
        "select sum(net_revenue) / sum(orders) as average_order_value,"
        " sum(orders) / sum(acquired_customers) as purchase_frequency"
        " from retention__period_snapshots"
        " where period_grain = 'month' and segment_dimension = 'all'"
    ).iloc[0]
    assert round(total.average_order_value, 6) == 35.893648
    assert round(total.purchase_frequency, 6) == 2.955409
    last = row_of(cdnow.frame("retention__repeat_rate"), "month", "1998-06-01")
    assert (last.cumulative_customers, last.cumulative_repeat_customers) == (23570, 11662)
    assert round(last.lifetime_repeat_rate, 6) == 0.494782


def test_cdnow_by_customer_and_day(cdnow):
    repeat_rate = cdnow.query(
        "select avg(case when repeat_purchases >= 1 then 1.0 else 0 end) as repeat_rate"
        " from retention_intermediate.int_retention__purchase_statistics where observation = 'all'"
    ).iloc[0, 0]
    assert round(repeat_rate, 6) == 0.488587


MOVEMENT = ["opening", "new", "reactivated", "lost", "closing"]


def movement_of(build, month):
    row = row_of(build.frame("retention__period_snapshots"), "month", month)
    return [row[f"{name}_customers"] for name in MOVEMENT]


@pytest.mark.parametrize(
    ("month", "movement"),
    [
        ("1997-04-01", [23570, 0, 0, 5542, 18028]),
        ("1997-05-01", [18028, 0, 191, 7556, 10663]),
        ("1997-07-01", [5322, 0, 894, 1349, 4867]),
    ],
)
def test_cdnow_with_a_window_of_90_days(cdnow, month, movement):
    assert movement_of(cdnow, month) == movement


def test_cdnow_with_the_period_as_window(built_project):
    build = built_project(
        "--select",
        "+retention__retention_rate",
        command="run",
        raw_orders=cdnow_orders(),
        activity_window_days="period",
        period_grains=["month"],
    )
    assert movement_of(build, "1998-05-01") == [1437, 0, 1029, 978, 1488]
    row = row_of(build.frame("retention__retention_rate"), "month", "1998-05-01")
    assert row.retained_customers == 459
    assert round(row.retention_rate, 4) == 0.3194
    assert round(row.retention_rate_net_of_new, 4) == 1.0355


# Random shops


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(settings, id=settings_id(settings), marks=[] if place in {1, 6} else LONG)
        for place, settings in enumerate(SETTINGS)
    ],
)
def test_marts_of_random_shops_equal_their_recomputation(settings, tmp_path_factory):
    project = CompiledProject(tmp_path_factory.mktemp("compiled"), variables_of(settings))

    @effort(max_examples=RANDOM_SHOPS, phases=[Phase.generate], **SHOPS)
    @given(random_shops_with_marketing(settings))
    def check(shop):
        raw = columns_read(shop[0], settings.attribute_columns)
        assert not differences(project.build(raw), raw, settings)

    check()


# Without shrinking: a smaller shop is not worth the minutes that dbt takes for each.
@pytest.mark.everything
@effort(max_examples=RANDOM_BUILDS, phases=[Phase.generate], **SHOPS)
@given(random_shops_with_marketing())
def test_builds_of_random_shops_equal_their_recomputation(built_project, shop):
    raw, settings = shop[0], replace(shop[1], clv_parameters=FITS)
    inputs = {f"raw_{name}": frame for name, frame in raw.items()}
    build = built_project(
        "--exclude-resource-type", "unit_test", **inputs, **variables_of(settings)
    )
    read = columns_read(raw, settings.attribute_columns)
    assert not differences(marts_of(build), {name: read[name] for name in raw}, settings)
