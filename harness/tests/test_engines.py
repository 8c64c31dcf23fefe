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
    differences,
)
from harness.tests.shops import cdnow_log, orders_of
from harness.tests.test_marts import SETTINGS, SHOPS, settings_id, variables_of

RANDOM_SHOPS = int(os.environ.get("RETENTION_RANDOM_SHOPS_OF_ENGINES", "6"))
# dbt has no unit tests that run on one engine only; these need what another engine lacks.
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
    """With all data and unit tests, and predictions by fits made outside the engine."""
    expected = DuckDBDatabase(request.getfixturevalue(shop).database.parent).relations()
    database = new_database()
    inputs = {}
    if shop == "cdnow":
        lines = pd.DataFrame({"line": cdnow_log().read_text().splitlines()}, dtype="str")
        inputs = {"raw_orders": database.load("purchases", lines), "source_format": "cdnow"}

    database.dbt("build", **inputs)
    unfitted = database.relations()
    reasons = set(column_of(unfitted["retention__clv_model"], "refused_reason"))
    assert len(reasons) == 1
    assert "fit-clv" in reasons.pop()
    for column in PREDICTED:
        assert set(column_of(unfitted["retention__customers"], column)) == {None}

    fits = database.fit_clv()
    database.dbt("build", "--select", "int_retention__clv_models+", clv_parameters=fits, **inputs)
    assert differences(database.relations(), expected) == []


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


def column_of(rows, name):
    place = rows.columns.index(name)
    return [row[place] for row in rows.rows]


# PostgreSQL


def test_a_file_is_refused_with_the_mend(new_database, tmp_path):
    path = tmp_path / "orders.csv"
    orders_of(("ann", "2024-01-01")).to_csv(path, index=False)
    with pytest.raises(DbtFailedError) as refused:
        new_database().dbt("build", raw_orders=path)
    message = str(refused.value)
    assert f"raw_orders: postgres reads no files; load '{path}' into a table" in message
