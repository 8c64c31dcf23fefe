"""Settings are a user's, unit tests the project's: no setting changes what they find."""

import pandas as pd
import pytest
import yaml

from acceptance.support.builds import AT_RUN_TIME, FILES_AT_RUN_TIME, NOTHING_ELSE, build, kind_of
from retention_cli.project import ROOT, Project

DAYS = pd.to_datetime(["1997-01-05", "1997-02-10", "1997-04-20", "1997-07-07", "1997-09-30"])

ORDERS = pd.DataFrame(
    {
        "Order ID": [f"o{place}" for place in range(1, 6)],
        "customer_id": ["c1", "c2", None, "c1", "guest-7"],
        "ordered_at": DAYS,
        "gross_amount": [10.0, 20.0, 5.0, 8.0, 12.0],
        "status": ["paid", "held", "paid", None, "paid"],
        "currency": ["USD", "USD", "CAD", "USD", "USD"],
        "email": ["ada@example.com", None, "bob@example.com", "ada@example.com", None],
        "a": ["x", "y", None, "x", "z"],
        "b": ["1", "2", "3", "1", None],
    }
)

# Each of the settings at another value than its default.
SETTINGS = {
    "raw_orders": ORDERS,
    "raw_order_lines": pd.DataFrame(
        {"order_id": ["o1"], "product_id": ["p1"], "quantity": [2.0], "amount": [10.0]}
    ),
    "raw_customers": pd.DataFrame({"customer_id": ["c1"], "a": ["w"]}),
    "raw_refunds": pd.DataFrame(
        {"refund_id": ["r1"], "order_id": ["o1"], "refunded_at": DAYS[1:2], "amount": [3.0]}
    ),
    "raw_costs": pd.DataFrame(
        {"spent_on": DAYS[:1], "purpose": ["acquisition"], "amount": [7.0], "channel": ["radio"]}
    ),
    "raw_exchange_rates": pd.DataFrame(
        {"currency": ["CAD"], "valid_from": DAYS[:1], "rate": [0.75]}
    ),
    "raw_survey_responses": pd.DataFrame(
        {"response_id": ["s1"], "customer_id": ["c1"], "responded_at": DAYS[1:2], "score": [9]}
    ),
    "raw_annotations": pd.DataFrame({"date": DAYS[:1], "text": ["a note"]}),
    "columns": {"raw_orders": {"order_id": "Order ID"}},
    "minor_units": {"raw_costs": ["amount"]},
    "prices_include_tax": True,
    "activity_window_days": "period",
    "period_grains": ["month"],
    "week_start": "sunday",
    "fiscal_year_start_month": 4,
    "reporting_timezone": "Europe/Berlin",
    "source_timezone": "America/New_York",
    "reporting_currency": "USD",
    "as_of_date": "1997-09-30",
    "history_starts_on": "1997-02-01",
    "excluded_statuses": ["held"],
    "purchase_statuses": ["paid"],
    "unknown_statuses": "no_purchase",
    "minimum_order_value": 6,
    "refund_dating": "order",
    "customer_identity": "email",
    "guest_customer_ids": ["guest-7"],
    "placeholder_addresses": ["nowhere@"],
    "unidentified_values": ["c9"],
    "shared_mailboxes": ["desk@"],
    "identity_link_limit": 3,
    "phone_calling_code": "49",
    "customers_across_stores": False,
    "repurchase_windows": [7, 30],
    "segment_columns": ["a", "b"],
    "clv_horizon_days": 91,
    "clv_discount_rate_annual": 0.1,
    "clv_minimum_customers": 1000,
    "purchase_probability_days": 30,
    "tested_customers": 2,
    "largest_fall_of_inputs": 0.5,
    "largest_rise_of_rejects": 0.5,
    "accept_smaller_inputs": True,
    "unit_tests": True,
}

# As little as a shop can have.
FEW_SETTINGS = {
    "raw_orders": ORDERS[["Order ID", "customer_id", "ordered_at", "gross_amount"]],
    "columns": {"raw_orders": {"order_id": "Order ID"}},
    "activity_window_days": 1,
    "period_grains": ["year", "week"],
    "excluded_statuses": [],
    "guest_customer_ids": [],
    "unit_tests": True,
}

# What other tables mean, a column that goes with no period, a fit that is not made, rejected rows.
NEEDLESS = {"source_format", "activity_window_column", "clv_parameters", "raw_rejected_rows"}


def test_every_setting_is_changed():
    """A new setting has to be added to those under which the unit tests run."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
    defaults = project["vars"]["retention"]
    assert set(SETTINGS) - {"unit_tests"} == set(defaults) - NEEDLESS - {"unit_tests"}
    for name, value in defaults.items():
        assert name in NEEDLESS or SETTINGS[name] is not value


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(SETTINGS, id="all"),
        pytest.param(FEW_SETTINGS, id="few", marks=pytest.mark.everything),
    ],
)
def test_unit_tests_pass_under_all_settings(settings, tmp_path):
    """The models are built for the columns of their relations, which unit tests look up."""
    results = build(tmp_path, "--exclude-resource-type", "test", **settings).results
    tests = [result for result in results if result.node.resource_type == "unit_test"]
    assert len(tests) > 80  # they are not left out
    assert {str(result.status) for result in tests} == {"pass"}


def what_dbt_reads(project, variables):
    """Everything of a manifest that a run goes by, by its id."""
    manifest = project.dbt("parse", *NOTHING_ELSE, variables=variables)
    read = {}
    for kind in ("nodes", "unit_tests", "exposures", "semantic_models"):
        for name, node in getattr(manifest, kind).items():
            read[name] = node.to_dict() | {"created_at": None}
    return read


def test_settings_of_a_run_change_nothing_of_what_dbt_reads(tmp_path):
    project = Project.in_folder(tmp_path)
    others = {name: value for name, value in SETTINGS.items() if name not in AT_RUN_TIME}
    for name, value in others.items():
        if isinstance(value, pd.DataFrame):
            others[name] = tmp_path / f"{name}.parquet"
            value.to_parquet(others[name])
    all_settings = others | {name: SETTINGS[name] for name in AT_RUN_TIME}
    few_settings = {k: v for k, v in others.items() if k not in FILES_AT_RUN_TIME}
    assert what_dbt_reads(project, few_settings) == what_dbt_reads(project, all_settings)


def test_the_number_of_days_of_a_window_changes_nothing_of_what_dbt_reads(tmp_path):
    project = Project.in_folder(tmp_path)
    assert kind_of("activity_window_days", 30) is kind_of("activity_window_days", 90) is None
    reads = [what_dbt_reads(project, {"activity_window_days": days}) for days in (30, 90)]
    assert reads[0] == reads[1]
