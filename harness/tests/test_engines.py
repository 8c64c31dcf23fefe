"""One project on several engines: what DuckDB publishes, every other engine publishes, too."""

import os
from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as effort

from harness.project import DbtFailedError
from harness.recomputation.random_shops import random_shops_with_marketing
from harness.tests.compiled_project import columns_read
from harness.tests.engines import (
    CompiledModels,
    Database,
    DuckDBDatabase,
    PostgresDatabase,
    Rows,
    differences,
)
from harness.tests.shops import cdnow_log, orders_of
from harness.tests.test_marts import SETTINGS, SHOPS, settings_id, variables_of

RANDOM_SHOPS = int(os.environ.get("RETENTION_RANDOM_SHOPS_OF_ENGINES", "20"))
PREDICTED = {
    "probability_alive",
    "expected_purchases",
    "expected_order_value",
    "predicted_clv",
    "value_at_risk",
}


@pytest.fixture(scope="module", params=["postgres"])
def new_database(request, tmp_path_factory) -> Callable[[], Database]:
    """Make an empty database of the engine that is compared with DuckDB."""

    def make() -> Database:
        folder = tmp_path_factory.mktemp(request.param)
        return PostgresDatabase(folder, request.getfixturevalue("postgres_server"))

    return make


@pytest.mark.parametrize("shop", ["demo", "cdnow"])
def test_marts_of_a_whole_shop_equal_those_of_duckdb(shop, new_database, request):
    """With all data and unit tests on both engines, and predictions by the same fits."""
    expected = DuckDBDatabase(request.getfixturevalue(shop).database.parent).relations()
    database = new_database()
    inputs = {}
    if shop == "cdnow":
        lines = pd.DataFrame({"line": cdnow_log().read_text().splitlines()}, dtype="str")
        inputs = {"raw_orders": database.load("purchases", lines), "source_format": "cdnow"}
    fits = {fit["model"]: fit for fit in records_of(expected["retention__clv_model"])}
    database.dbt("build", clv_parameters=fits, **inputs)
    assert differences(database.relations(), expected) == []


def test_without_python_models_the_fits_come_from_outside(new_database, demo):
    database = new_database()
    statistics = "+int_retention__purchase_values_grouped"
    predictions = ["+retention__customers", "retention__clv_model"]
    database.dbt("seed")
    database.dbt("run", "--select", *predictions, statistics)
    unfitted = database.relations()
    reasons = {fit["refused_reason"] for fit in records_of(unfitted["retention__clv_model"])}
    assert reasons == {
        f"No Python models on {database.target}:"
        " run `python3 retention.py fit-clv` and set clv_parameters."
    }
    for customer in records_of(unfitted["retention__customers"]):
        assert {customer[column] for column in PREDICTED} == {None}

    database.dbt("run", "--select", *predictions, clv_parameters=database.fit_clv())
    expected = DuckDBDatabase(demo.database.parent).relations()
    actual = database.relations()
    for name in ("retention__clv_model", "retention__customers"):
        assert differences({name: actual[name]}, {name: expected[name]}) == []


@pytest.mark.parametrize("settings", SETTINGS, ids=settings_id)
def test_marts_of_random_shops_equal_those_of_duckdb(settings, new_database, tmp_path_factory):
    variables = variables_of(settings)
    expected, actual = (
        CompiledModels(database, **variables)
        for database in (DuckDBDatabase(tmp_path_factory.mktemp("duckdb")), new_database())
    )

    @effort(max_examples=RANDOM_SHOPS, **SHOPS)
    @given(random_shops_with_marketing(settings))
    def check(shop):
        raw = columns_read(shop[0], settings.segment_columns)
        assert differences(actual.build(raw), expected.build(raw)) == []

    check()


def records_of(rows: Rows) -> list[dict[str, object]]:
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]


def test_a_file_is_refused_with_the_mend(new_database, tmp_path):
    path = tmp_path / "orders.csv"
    orders_of(("ann", "2024-01-01")).to_csv(path, index=False)
    with pytest.raises(DbtFailedError) as refused:
        new_database().dbt("build", raw_orders=path)
    message = str(refused.value)
    assert f"raw_orders: postgres reads no files; load '{path}' into a table" in message
