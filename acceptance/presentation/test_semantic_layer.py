"""The semantic layer: what MetricFlow answers is what stands in the marts."""

import pandas as pd
import pytest
from dbt.adapters.factory import get_adapter_by_type
from dbt_metricflow.cli.dbt_connectors.adapter_backed_client import AdapterBackedSqlClient
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from retention_cli.project import Project
from tools.catalogue import catalogue

METRICS = [metric.metric for metric in catalogue()]
GRAIN = "{{{{ Dimension('period__period_grain') }}}} = '{}'"
# Costs of retention are not recorded by segment.
NOT_BY_SEGMENT = {"net_clv", "contribution_margin_3_rate"}
DIMENSION = "{{{{ Dimension('period__segment_dimension') }}}} = '{}'"


@pytest.fixture(scope="module")
def ask(demo):
    """Ask MetricFlow: metrics by names, filtered by conditions; the answer is a frame."""
    project = Project.in_folder(demo.database.parent)
    project.dbt("parse")  # leaves the adapter ready, whose SQL MetricFlow writes
    text = (project.target / "semantic_manifest.json").read_text(encoding="utf-8")
    engine = MetricFlowEngine(
        semantic_manifest_lookup=SemanticManifestLookup(
            parse_manifest_from_dbt_generated_manifest(manifest_json_string=text)
        ),
        sql_client=AdapterBackedSqlClient(get_adapter_by_type("duckdb")),
    )

    def answer(**request: object) -> pd.DataFrame:
        explained = engine.explain(MetricFlowQueryRequest.create(**request))
        return demo.query(explained.sql_statement.sql)

    return answer


def in_marts(demo, metric, grain, dimension):
    """The known values of a metric, by period and segment value."""
    return demo.query(
        f"""
        select period_start, segment_value, value from retention__metrics
        where metric = '{metric}' and period_grain = '{grain}'
            and segment_dimension = '{dimension}' and value is not null
        """
    ).set_index(["period_start", "segment_value"])["value"]


def assert_same(answer, expected, metric, grain="month"):
    found = answer.dropna(subset=[metric]).set_index(
        [f"metric_time__{grain}", "period__segment_value"]
    )[metric]
    joined = pd.DataFrame({"found": found.astype(float), "expected": expected})
    joined["same"] = (joined["found"] - joined["expected"]).abs() <= 1e-9 * (
        joined["expected"].abs().clip(lower=1)
    )
    assert joined["same"].all(), joined[~joined["same"]]
    assert len(joined) == len(expected)


def test_every_metric_of_the_catalogue_is_in_the_semantic_layer(demo):
    assert set(METRICS) == set(demo.frame("retention__metric_definitions")["metric"])


@pytest.mark.parametrize("dimension", ["all", "acquisition_channel"])
@pytest.mark.parametrize("metric", METRICS)
def test_metric_by_month_and_segment_is_the_marts(ask, demo, metric, dimension):
    expected = in_marts(demo, metric, "month", dimension)
    answer = ask(
        metric_names=[metric],
        group_by_names=["metric_time__month", "period__segment_value"],
        where_constraints=[GRAIN.format("month"), DIMENSION.format(dimension)],
    )
    assert_same(answer, expected, metric)
    assert len(expected) > 0 or (metric in NOT_BY_SEGMENT and dimension != "all")


@pytest.mark.parametrize("grain", ["week", "quarter", "year"])
def test_churn_of_the_other_grains(ask, demo, grain):
    answer = ask(
        metric_names=["churn_rate"],
        group_by_names=[f"metric_time__{grain}", "period__segment_value"],
        where_constraints=[GRAIN.format(grain), DIMENSION.format("country")],
    )
    assert_same(answer, in_marts(demo, "churn_rate", grain, "country"), "churn_rate", grain)


def test_values_of_one_dimension_can_be_taken_together(ask, demo):
    answer = ask(
        metric_names=["churn_rate"],
        group_by_names=["metric_time__month"],
        where_constraints=[
            GRAIN.format("month"),
            DIMENSION.format("country"),
            "{{ Dimension('period__segment_value') }} in ('AT', 'DE')",
        ],
    ).set_index("metric_time__month")["churn_rate"]
    expected = demo.query(
        """
        select period_start, sum(lost_customers) / sum(opening_customers) as churn_rate
        from retention__period_snapshots
        where period_grain = 'month' and segment_dimension = 'country'
            and segment_value in ('AT', 'DE') and not is_warm_up
        group by period_start
        """
    ).set_index("period_start")["churn_rate"]
    assert answer.sort_index().tolist() == pytest.approx(expected.sort_index().tolist())


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("grain", "conditions"),
    [
        ("month", [DIMENSION.format("all")]),  # mixes grains
        ("month", [GRAIN.format("month")]),  # mixes dimensions
        ("year", [GRAIN.format("month"), DIMENSION.format("all")]),  # adds up periods
    ],
)
def test_mixed_periods_or_dimensions_give_nothing_rather_than_a_wrong_number(
    ask, metric, grain, conditions
):
    answer = ask(
        metric_names=[metric],
        group_by_names=[f"metric_time__{grain}"],
        where_constraints=conditions,
    )
    full = answer[answer[f"metric_time__{grain}"] == "2025-01-01"]
    assert len(full) == 1
    assert full[metric].isna().all()


def test_saved_queries_answer_every_metric(ask, demo):
    answer = ask(saved_query_name="metrics_by_month")
    assert set(METRICS) < set(answer.columns)
    last = demo.query(
        "select max(period_start) as month from retention__period_snapshots"
        " where period_grain = 'month' and is_complete"
    )["month"].item()
    assert answer["metric_time__month"].max() == last, "the running month is left out"
    by_segment = ask(saved_query_name="metrics_by_month_and_segment")
    dimensions = demo.query("select distinct segment_dimension from retention__metrics")
    assert set(by_segment["period__segment_dimension"].dropna()) == set(
        dimensions["segment_dimension"]
    )
