"""Every mart equals its independent recomputation: on the demo, on CDNOW and on random shops."""

from dataclasses import asdict
from datetime import date

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort

from harness.recomputation.compare import compare
from harness.recomputation.random_shops import random_shops
from harness.recomputation.recompute import recompute
from harness.recomputation.settings import Settings
from harness.tests.compiled_project import CompiledProject, columns_read

PERIOD_KEY = ["period_grain", "period_start", "segment_dimension", "segment_value"]
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
    "retention__data_quality": ["input"],
}

SETTINGS = [
    Settings(activity_window_days=90, segment_columns=("country", "channel")),
    Settings(activity_window_days=30, refund_dating="order", segment_columns=("channel",)),
    Settings(activity_window_days=5, reporting_timezone="Europe/Berlin"),
    Settings(activity_window_days=1, reporting_timezone="Pacific/Auckland"),
    Settings(activity_window_days=7, as_of_date=date(2020, 10, 28)),
    Settings(activity_window_days=400, segment_columns=("tier", "first_order_month")),
    Settings(activity_window_days="period", segment_columns=("country",)),
    Settings(activity_window_days="period", as_of_date=date(2020, 3, 17), refund_dating="order"),
    Settings(activity_window_days=30, customer_identity="email", segment_columns=("tier",)),
    Settings(
        activity_window_days=45, period_grains=("month",), reporting_timezone="America/New_York"
    ),
]


def variables_of(settings):
    """The dbt vars of the settings."""
    given_values = {name: value for name, value in asdict(settings).items() if name != "today"}
    return {name: value for name, value in given_values.items() if value is not None}


def settings_id(settings):
    """What differs from the defaults."""
    defaults = variables_of(Settings())
    changed = {k: v for k, v in variables_of(settings).items() if defaults.get(k) != v}
    return " ".join(f"{name}={value}" for name, value in changed.items()) or "defaults"


def differences(marts, raw, settings):
    expected = recompute(raw, settings)
    return [
        line
        for relation, key in KEYS.items()
        for line in compare(marts[relation], expected[relation], key, relation, limit=5)
    ]


@pytest.mark.parametrize("settings", SETTINGS, ids=settings_id)
def test_marts_of_random_shops_equal_their_recomputation(settings, tmp_path_factory):
    project = CompiledProject(tmp_path_factory.mktemp("compiled"), variables_of(settings))

    @effort(
        max_examples=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(random_shops(settings))
    def check(shop):
        raw = columns_read(shop[0], settings.segment_columns)
        assert not differences(project.build(raw), raw, settings)

    check()
