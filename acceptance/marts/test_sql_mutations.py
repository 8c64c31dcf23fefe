"""No test that cannot fail: the SQL is broken on purpose, and the check named here must see it.

Each mutation changes one decision of a model or macro in a copy of the project. The models between
it and the check are built anew over a copy of the demo's database, and the check is run: a unit
test, a data test, or the comparison of a relation with its independent recomputation.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from acceptance.marts.test_marts import KEYS, demo_inputs, demo_settings
from acceptance.oracle.compare import compare
from acceptance.oracle.recompute import recompute
from acceptance.support.builds import copy_of_project
from retention_cli.project import ROOT, DbtFailedError, Project

INTERMEDIATE = "models/intermediate"
MARTS = "models/marts"
WITH_UNIT_TESTS = {"unit_tests": True}


@dataclass(frozen=True)
class Mutation:
    """A text of a file, what takes its place, and the check that must fail then.

    `models` are those whose SQL changes; the file's own unless it holds a macro.
    """

    file: str
    text: str
    replacement: str
    check: str
    models: tuple[str, ...] = ()

    def broken_models(self):
        return self.models or (Path(self.file).stem,)

    def __str__(self):
        return f"{Path(self.file).stem}: {' '.join(self.text.split())[:50]} -> {self.check}"


MUTATIONS = [
    # The window
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__customer_periods.sql",
        "coalesce(previous_lapse_number >= period_number, false)",
        "coalesce(previous_lapse_number > period_number, false)",
        "purchase_on_the_lapse_date_keeps_the_customer_active",
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__customer_periods.sql",
        "(next_number <= period_number or next_number > lapse_number)",
        "1 = 1",
        "retention__customer_movements",
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__customer_periods.sql",
        "when lapse_number > period_number and has_lapsed and",
        "when has_lapsed and",
        "rows_of_int_retention__customer_periods_hold",
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__customer_periods.sql",
        "(lapse_number > period_number or not has_lapsed)",
        "lapse_number > period_number",
        "retention__period_snapshots",
    ),
    Mutation(
        "macros/settings/lapse_date.sql",
        "coalesce({{ next_order_date }} <= {{ lapse_date }}, false)",
        "coalesce({{ next_order_date }} < {{ lapse_date }}, false)",
        "first_lapse_follows_a_purchase_without_another_in_time",
        ("int_retention__customer_totals",),
    ),
    Mutation(
        "macros/settings/lapse_date.sql",
        "retention.activity_window_days(), order_date",
        "retention.activity_window_days() + 1, order_date",
        "lapse_date_counts_the_leap_day",
        ("int_retention__customer_totals",),
    ),
    Mutation(
        "macros/settings/lapse_date.sql",
        "retention.activity_window_days(), order_date",
        "retention.activity_window_days() - 1, order_date",
        "retention__period_snapshots",
        ("int_retention__customer_periods",),
    ),
    Mutation(
        "macros/metrics/customer_periods.sql",
        '{{ retention.lapse_date("last_order_date") }} <= as_of_date',
        "1 = 1",
        "lapse_after_the_as_of_date_has_not_happened",
        ("int_retention__customer_periods",),
    ),
    # The sequence of purchases
    Mutation(
        f"{INTERMEDIATE}/orders/int_retention__orders.sql",
        "order by order_date, ordered_at, number_in_id, order_id",
        "order by order_date, number_in_id, order_id",
        "same_day_orders_follow_their_time_and_then_their_id",
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__cohort_customers.sql",
        "is_active and holds_first_order then",
        "is_active then",
        "rows_of_retention__period_snapshots_hold",
    ),
    Mutation(
        f"{MARTS}/orders/retention__orders.sql",
        "coalesce(order_number = 1, false)",
        "coalesce(order_number = 1, true)",
        "rows_of_retention__orders_hold",
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__cohort_days.sql",
        "order_number = 1 then revenue_events.orders",
        "order_number <= 2 then revenue_events.orders",
        "acquired_customers_sum_to_all_customers",
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__customer_periods.sql",
        "cohort_number = period_number and orders > 0 as holds_first_order",
        "orders > 0 as holds_first_order",
        "retention__customer_movements",
    ),
    # Every order is written once
    Mutation(
        f"{INTERMEDIATE}/orders/int_retention__orders.sql",
        "where not is_purchase or customer_number is null",
        "where not is_purchase",
        "rows_of_retention__data_quality_hold",
    ),
    Mutation(
        f"{INTERMEDIATE}/orders/int_retention__orders.sql",
        "ids.identifier is null then -1\n            else ids.customer_number",
        "ids.identifier is null then null\n            else ids.customer_number",
        "customer_whom_the_identities_do_not_know_is_no_guest",
    ),
    # Refunds and guests
    Mutation(
        f"{INTERMEDIATE}/orders/int_retention__refunds.sql",
        'else "refund_date" }} as revenue_date',
        'else "order_date" }} as revenue_date',
        "retention__period_snapshots",
    ),
    Mutation(
        f"{INTERMEDIATE}/orders/int_retention__refunds.sql",
        "where is_purchase",
        "where true",
        "rows_of_int_retention__customer_totals_hold",
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__unattributed_revenue.sql",
        'ref("int_retention__revenue_events") }}\n    where customer_number is null',
        'ref("int_retention__revenue_events") }}\n    where customer_number is not null',
        "guests_are_counted_in_the_period_of_their_purchase",
    ),
    # Periods
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__periods.sql",
        'next_period_start <= {{ dbt.dateadd("day", 1, "as_of_date") }} as is_complete',
        "period_start <= as_of_date as is_complete",
        "retention__period_snapshots",
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__periods.sql",
        'retention.activity_window_days(), "first_order_date"',
        'retention.activity_window_days() + 1, "first_order_date"',
        "warm_up_is_over_where_the_lapse_date_is_the_last_day",
    ),
    Mutation(
        f"{MARTS}/periods/retention__period_snapshots.sql",
        "rows between unbounded preceding and current row",
        "rows between 3 preceding and current row",
        "closing_customers_are_the_next_opening_customers",
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__cohort_customers.sql",
        "lost_number as period_number",
        "period_number",
        "closing_customers_agree_between_grains",
    ),
    Mutation(
        f"{MARTS}/customers/retention__customer_movements.sql",
        "lost_number as period_number",
        "period_number",
        "movements_compare_the_close_with_the_one_before",
    ),
    Mutation(
        f"{MARTS}/customers/retention__customer_period_snapshots.sql",
        "customer_periods.end_number > periods.period_number",
        "customer_periods.end_number >= periods.period_number",
        "active_customers_of_the_dense_snapshot_are_the_closing_customers",
    ),
    # Rates
    Mutation(
        "macros/metrics/metric_columns.sql",
        "{{ z * z / 4 }}",
        "{{ z * z / 2 }}",
        "retention__churn_rate",
        ("retention__churn_rate",),
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__cohort_days.sql",
        "order_number > 1 then revenue_events.net_revenue",
        "order_number >= 1 then revenue_events.net_revenue",
        "retention__repeat_rate",
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__cohort_revenue.sql",
        'retention.period_number("month", "first_order_date")',
        'retention.period_number("month", "revenue_date")',
        "retention__cohorts",
    ),
    # Revenue bridge
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__customer_periods.sql",
        "when orders > 0 and (not follows_previous or previous_orders = 0) then 'reactivated'",
        "when orders > 0 and net_revenue > 0 then 'expansion'",
        "revenue_bridge_reactivated",
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__customer_periods.sql",
        "net_revenue - case when follows_previous then previous_net_revenue else 0 end",
        "net_revenue - coalesce(previous_net_revenue, 0)",
        "retention__revenue_bridge",
    ),
    Mutation(
        f"{INTERMEDIATE}/periods/int_retention__cohort_customers.sql",
        "not precedes_next and orders > 0 then",
        "orders > 0 then",
        "rows_of_retention__revenue_bridge_hold",
    ),
    # Cohorts, survival and gaps
    Mutation(
        f"{MARTS}/cohorts/retention__cohorts.sql",
        "cohort_customers + last_purchases - sum",
        "cohort_customers - sum",
        "rows_of_retention__cohorts_hold",
    ),
    Mutation(
        f"{MARTS}/cohorts/retention__cohorts.sql",
        "periods.period_number - cohort_periods.period_number as age",
        "periods.period_number - cohort_periods.period_number + 1 as age",
        "cohorts_sum_to_the_period",
    ),
    Mutation(
        f"{MARTS}/cohorts/retention__cohort_averages.sql",
        "where is_complete",
        "where true",
        "running_cells_stay_out_of_cohort_averages",
    ),
    Mutation(
        f"{INTERMEDIATE}/customers/int_retention__customer_totals.sql",
        "and not {{ retention.bought_in_time",
        "and {{ retention.bought_in_time",
        "retention__survival",
    ),
    Mutation(
        f"{INTERMEDIATE}/customers/int_retention__customer_lifetimes.sql",
        "customer_totals.first_lapse_date <= reporting_dates.as_of_date",
        "customer_totals.first_lapse_date < reporting_dates.as_of_date",
        "lifetime_ends_with_the_first_lapse",
    ),
    Mutation(
        f"{MARTS}/survival/retention__survival.sql",
        "rows between current row and unbounded following",
        "rows between 1 following and unbounded following",
        "rows_of_retention__survival_hold",
    ),
    Mutation(
        f"{MARTS}/survival/retention__order_gaps.sql",
        "convention_gaps.gap_days > windows.days",
        "convention_gaps.gap_days >= windows.days",
        "retention__order_gaps",
    ),
    # Value, acquisition and surveys
    Mutation(
        f"{INTERMEDIATE}/customers/int_retention__customer_totals.sql",
        "orders > 0 and revenue_date > first_order_date",
        "orders > 0 and order_number > 1",
        "purchase_days_and_their_values_in_all_and_in_half_of_the_time",
    ),
    Mutation(
        f"{INTERMEDIATE}/customers/int_retention__customer_totals.sql",
        "revenue_date <= calibration_date",
        "revenue_date < calibration_date",
        "purchase_days_and_their_values_in_all_and_in_half_of_the_time",
    ),
    Mutation(
        "macros/metrics/rank_score.sql",
        "rank()",
        "row_number()",
        "customers_alike_share_a_score",
        ("int_retention__rfm_scores",),
    ),
    Mutation(
        f"{MARTS}/customer_value/retention__customer_lifetime_value.sql",
        "coalesce(acquisition_cost, 0) + coalesce(retention_cost, 0)",
        "coalesce(acquisition_cost, 0)",
        "net_clv_ties_to_margins_and_costs",
    ),
    Mutation(
        "macros/customer_value/probability_alive.sql",
        "+ {{ repeat_purchases }} - {{ fit }}.first_dropout)",
        "+ {{ repeat_purchases }})",
        "retention__customers",
        ("int_retention__customer_predictions",),
    ),
    Mutation(
        f"{INTERMEDIATE}/marketing/int_retention__acquisition_returns.sql",
        "cumulated.cumulative_margin >= period_costs.acquisition_cost",
        "cumulated.margin >= period_costs.acquisition_cost",
        "retention__acquisition",
    ),
    Mutation(
        f"{MARTS}/marketing/retention__net_promoter_score.sql",
        "score >= 9",
        "score > 9",
        "scores_from_0_to_10_by_class",
    ),
    # Records
    Mutation(
        f"{INTERMEDIATE}/records/int_retention__order_records.sql",
        "where repeated_ids.order_id is null",
        "where true",
        "rows_of_retention__data_quality_hold",
    ),
    Mutation(
        f"{INTERMEDIATE}/records/int_retention__repeated_orders.sql",
        "copy_number > 1 as is_copy",
        "false as is_copy",
        "rows_of_int_retention__orders_hold",
    ),
]


@pytest.fixture(scope="module")
def project(demo, tmp_path_factory):
    """A copy of the project that may be broken."""
    folder = tmp_path_factory.mktemp("mutations")
    return Project.in_folder(folder, copy_of_project(folder))


@pytest.fixture(scope="module")
def nodes(project):
    """The project's nodes and unit tests by name."""
    project.dbt("parse", variables=WITH_UNIT_TESTS)
    manifest = json.loads((project.target / "manifest.json").read_text())
    found = [*manifest["nodes"].values(), *manifest["unit_tests"].values()]
    return {node["name"]: node for node in found}


@pytest.fixture(scope="module")
def expected(demo):
    """The demo's relations as they are recomputed."""
    return recompute(demo_inputs(), demo_settings(demo))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_what_is_broken_is_in_the_project(mutation):
    assert (ROOT / mutation.file).read_text().count(mutation.text) == 1


@pytest.mark.everything
@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_broken_sql_is_seen(mutation, project, demo, nodes, expected):
    shutil.copy(demo.database, project.database)
    file = project.root / mutation.file
    whole = file.read_text()
    file.write_text(whole.replace(mutation.text, mutation.replacement))
    try:
        assert is_seen(mutation, project, nodes, expected)
    finally:
        file.write_text(whole)


def is_seen(mutation, project, nodes, expected):
    """Whether the check of a mutation fails on the broken project, and nothing else does."""
    check = nodes[mutation.check]
    if check["resource_type"] == "model":
        build(project, models_between(mutation, [mutation.check]))
        mart = project.marts.frame(mutation.check)
        return bool(compare(mart, expected[mutation.check], KEYS[mutation.check]))
    try:
        if check["resource_type"] == "unit_test":
            project.dbt("test", "--select", mutation.check, variables=WITH_UNIT_TESTS)
        else:
            read = [name.split(".")[-1] for name in check["depends_on"]["nodes"]]
            build(project, [*models_between(mutation, read), mutation.check])
    except DbtFailedError as error:
        return str(error).startswith(f"{mutation.check}:")
    return False


def models_between(mutation, relations):
    """Selectors of the broken models, of the relations, and of all models on the way."""
    return [f"{model}+,+{name}" for model in mutation.broken_models() for name in relations]


def build(project, selectors):
    """Build the selected models, and run no test that is not named."""
    options = ["--indirect-selection", "empty", "--select", *selectors]
    project.dbt("build", *options, variables=WITH_UNIT_TESTS)
