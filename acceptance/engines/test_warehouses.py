"""Warehouses that are not run here: every model compiles for them, and its SQL parses in theirs."""

import sys

import pytest
import sqlglot
from sqlglot import exp

from acceptance.support.compiled_project import INPUT_COLUMNS
from acceptance.support.warehouses import WAREHOUSES, compiled_sql, parsed_project, stand_ins

pytestmark = pytest.mark.everything

# A series of two hundred terms is as many brackets deep, each some twenty calls of the parser.
DEEPEST_RECURSION = 20_000
# Functions that the parser has no entry for, by warehouse; its manual has each of them.
# `dateadd` is what dbt writes without an adapter.
FUNCTIONS_OF = {
    "snowflake": {"TRY_TO_TIMESTAMP_TZ", "hash"},
    "bigquery": {"dateadd"},
    "databricks": {"xxhash64", "monotonically_increasing_id"},
    "redshift": {"json_serialize", "object"},
    "trino": {"dateadd", "from_big_endian_64", "xxhash64"},
    "clickhouse": {
        "accurateCastOrNull",
        "extract",
        "parseDateTime64BestEffortOrNull",
        "replaceRegexpAll",
        "replaceRegexpOne",
        "toJSONString",
    },
}


@pytest.fixture(scope="module")
def profiles(tmp_path_factory):
    columns = {"country", "acquisition_channel", "loyalty_tier"}
    columns |= {column for names in INPUT_COLUMNS.values() for column in names}
    with stand_ins(tmp_path_factory.mktemp("warehouses"), sorted(columns)) as folder:
        yield folder


@pytest.fixture(autouse=True)
def deep_recursion():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(DEEPEST_RECURSION)
    yield
    sys.setrecursionlimit(limit)


@pytest.fixture(scope="module")
def manifest(profiles):
    return parsed_project(profiles, {})


@pytest.mark.parametrize("warehouse", WAREHOUSES)
def test_every_model_compiles_and_parses(warehouse, manifest, profiles):
    """And every data test."""
    selection = ["resource_type:model", "resource_type:test"]
    statements = compiled_sql(profiles, warehouse, {}, manifest, *selection)
    unknown = {}
    for name, sql in statements.items():
        tree = sqlglot.parse_one(sql, dialect=warehouse)
        for function in tree.find_all(exp.Anonymous):
            unknown.setdefault(function.name, name)
    assert set(unknown) <= FUNCTIONS_OF.get(warehouse, set()), unknown
    assert "stg_retention__orders" in statements
    # No Python models there: the setting clv_parameters brings the fits.
    assert "int_retention__clv_models" in statements
    assert "int_retention__clv_model_fits" not in statements
