"""One project on several engines: what DuckDB publishes, every other engine publishes, too."""

import os
from collections.abc import Callable
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import Phase, given
from hypothesis import settings as effort

from acceptance.marts.test_marts import FITS, SETTINGS, SHOPS, settings_id, variables_of
from acceptance.oracle.random_shops import random_shops_with_marketing
from acceptance.support.compiled_project import columns_read
from acceptance.support.engines import (
    CompiledModels,
    Database,
    DuckDBDatabase,
    PostgresDatabase,
    Rows,
    differences,
)
from acceptance.support.shops import cdnow_orders, orders_of
from acceptance.support.spark_engine import SparkDatabase
from retention_cli.customer_value import COLUMNS, as_setting
from retention_cli.project import DbtFailedError

pytestmark = pytest.mark.everything

RANDOM_SHOPS = int(os.environ.get("RETENTION_RANDOM_SHOPS_OF_ENGINES", "6"))
# A shop takes the best part of a minute there; the first one drawn is hardly a shop.
RANDOM_SHOPS_OF_SPARK = int(os.environ.get("RETENTION_RANDOM_SHOPS_OF_SPARK", "3"))
PREDICTED = {
    "probability_alive",
    "expected_purchases",
    "expected_order_value",
    "predicted_clv",
    "value_at_risk",
}


@pytest.fixture(scope="module", params=["postgres", "spark"])
def new_database(request, tmp_path_factory) -> Callable[[], Database]:
    """Make an empty database of the engine that is compared with DuckDB."""

    def make() -> Database:
        folder = tmp_path_factory.mktemp(request.param)
        if request.param == "spark":
            return SparkDatabase(folder, request.getfixturevalue("spark_worker"))
        return PostgresDatabase(folder, request.getfixturevalue("postgres_server"))

    return make


def on_engines(values: list, of_spark: list) -> list:
    """Return the parameters (engine, value) of a test: Spark, which is slow, has fewer values."""
    return [("postgres", value) for value in values] + [("spark", value) for value in of_spark]


def name_of(parameter: object) -> str:
    if isinstance(parameter, dict):
        return " ".join(f"{name}={value}" for name, value in parameter.items()) or "nothing set"
    return parameter if isinstance(parameter, str) else settings_id(parameter)


@pytest.mark.parametrize("shop", ["demo", "cdnow"])
def test_marts_of_a_whole_shop_equal_those_of_duckdb(shop, new_database, request):
    """With the tests of the project on both engines, and predictions by the same fits."""
    on_duckdb = request.getfixturevalue(shop)
    expected = DuckDBDatabase(on_duckdb.database.parent).relations()
    database = new_database()
    inputs = {}
    if shop == "cdnow":
        inputs = {"raw_orders": database.load("purchases", cdnow_orders())}
    fits = as_setting(on_duckdb.query("from retention_intermediate.int_retention__clv_model_fits"))
    command = database.second_build if shop == "cdnow" else database.first_build
    database.dbt(*command, clv_parameters=fits, **inputs)
    assert differences(database.relations(), expected) == []


@pytest.mark.parametrize("new_database", ["postgres"], indirect=True)
def test_without_python_models_the_fits_come_from_outside(new_database, demo):
    database = new_database()
    statistics = [f"+{model}" for model in COLUMNS]
    predictions = ["+retention__customers", "retention__clv_model", "retention__forecast"]
    database.dbt("seed")
    database.dbt("run", "--select", *predictions, *statistics)
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
    for name in ("retention__clv_model", "retention__customers", "retention__forecast"):
        assert differences({name: actual[name]}, {name: expected[name]}) == []


@pytest.mark.parametrize(
    ("new_database", "settings"),
    on_engines(SETTINGS[1::2], of_spark=SETTINGS[1:2]),
    indirect=["new_database"],
    ids=name_of,
)
def test_marts_of_random_shops_equal_those_of_duckdb(settings, new_database, tmp_path_factory):
    variables = variables_of(settings)
    expected, actual = (
        CompiledModels(database, **variables)
        for database in (DuckDBDatabase(tmp_path_factory.mktemp("duckdb")), new_database())
    )

    on_spark = actual.database.target == "spark"

    # Without shrinking: a smaller shop is not worth the hour that Spark takes to find it.
    @effort(
        max_examples=RANDOM_SHOPS_OF_SPARK if on_spark else RANDOM_SHOPS,
        phases=[Phase.generate],
        **SHOPS,
    )
    @given(random_shops_with_marketing(settings))
    def check(shop):
        raw = columns_read(shop[0], settings.attribute_columns)
        assert differences(actual.build(raw), expected.build(raw)) == []

    check()


# Texts in every form, with a stroke between: a date and a time; a sign, digits and a unit; names.
# Most are neither ISO 8601 nor plain numbers, and every engine must reject these alike. The days
# that are read are near each other, as every week from the first to the last is a row of marts.
DATES = """
2024-01-31|2024-03-31|2024-10-27|2024-02-29|2023-12-31|2024-06-15|2024-07-01|2023-01-01|1899-12-31
|2024-02-30|2023-02-29|0000-01-01|0999-12-31|9999-12-31|2024-13-01|2024-00-10|2024-1-5|2024/1/31
|31.01.2024|1/2/2024|20240131|31-Jan-2024|Jan 31, 2024|epoch|infinity|now|today|soon|2024-01-31 BC
"""
TIMES = """
|T10:00| 10:00:00| 1:2:3|T10:00:00Z| 10:00:00 UTC| 10:00:00 +0200| 10:00:00-05|T00:15:00+13:00
| 10:00:00+14:00| 10:00:00+16:00| 10:00:00+02:60| 10:00Z| 22:30+02| 23:30-0100| 10:00 AM|T23:59:59.5
| 02:30| 24:00| 24:00:01| 23:59:60| 25:00| 10:60| 10|T101500Z| noon| 10:00:00.1| 10:00:00.123456
|T22:30:00.123Z| 22:30:00 -01:00| allballs|T10:00:00 Europe/Berlin
"""
SIGNS = "|-|+|\u2212|(|€|$|- "
DIGITS = """
|1|1.5|1,5|1.234|0.234|12.345|1,234|1.234,56|1,234.56|1'234.50|1234.567|.5|5.|0.123|1.23.4|1e3|1e-3
|1_000|0x1F|NaN|inf|infinity|1.005|2.675|1.2345|12345678901234567|9999999999999999.995|999999999999.995
|1e30|٣|ten|1 234|1\u00a0234|007|00.50|
"""
UNITS = "| €|)|-|%| "
NAMES = "Ännchen|ÄNNCHEN|ännchen|Zoë|zoe|Émile|ß|İ|日本|a\u00a0|\tb|_"


def texts(listed: str) -> list[str]:
    return listed.replace("\n", "").split("|")


ABROAD = {"reporting_timezone": "Europe/Berlin"}
BY_EMAIL = {"reporting_timezone": "America/New_York", "customer_identity": "email"}


@pytest.mark.parametrize(
    ("new_database", "settings"),
    on_engines([{}, ABROAD, BY_EMAIL], of_spark=[ABROAD]),
    indirect=["new_database"],
    ids=name_of,
)
def test_texts_are_read_as_duckdb_reads_them(settings, new_database, tmp_path_factory):
    """Dates and amounts in every form, capitals of other languages, blanks of every width."""
    dates = [day + time for day in texts(DATES) for time in texts(TIMES)]
    amounts = [
        sign + digits + unit
        for sign in texts(SIGNS)
        for digits in texts(DIGITS)
        for unit in texts(UNITS)
    ]
    rows = [(date, "10.00") for date in dates] + [("2024-01-31", amount) for amount in amounts]
    orders = pd.DataFrame(rows, columns=["ordered_at", "gross_amount"], dtype="str")
    names = texts(NAMES)
    names = pd.Series([names[number % len(names)] for number in orders.index], dtype="str")
    orders = orders.assign(
        order_id=orders.index.astype("str"),
        customer_id=names,
        status=names.str.upper(),
        email=names + "@Example.com",
    )
    settings = {"excluded_statuses": ["ZOË", "émile"], "clv_parameters": FITS} | settings
    raw = {"orders": columns_read({"orders": orders}, ())["orders"]}
    expected, actual = (
        CompiledModels(database, **settings).build(raw)
        for database in (DuckDBDatabase(tmp_path_factory.mktemp("duckdb")), new_database())
    )
    assert len(expected["retention__orders"].rows) > 100
    assert len(expected["retention__rejected_records"].rows) > 1000
    assert differences(actual, expected) == []


PUBLISHED = {
    "sales": Rows(["day", "orders", "rate"], [("a", 1, 0.5), ("b", Decimal("2.00"), None)])
}


@pytest.mark.parametrize(
    ("columns", "rows", "found"),
    [
        (["day", "orders", "rate"], [("b", Decimal("2.00"), None), ("a", 1, 0.5 + 1e-11)], 0),
        (["day", "orders", "rate"], [("a", 1, 0.5 + 1e-9), ("b", Decimal("2.00"), None)], 1),
        (["day", "orders", "rate"], [("a", 2, 0.5), ("b", Decimal("2.01"), None)], 2),
        (["day", "orders", "rate"], [("a", 1, 0.5), ("b", 2, None)], 1),
        (["day", "orders", "rate"], [("a", 1, None), ("b", Decimal("2.00"), 0.0)], 2),
        (["day", "orders", "rate"], [("a", 1, 0.5)], 1),
        (["day", "rate", "orders"], [("a", 1, 0.5), ("b", Decimal("2.00"), None)], 1),
    ],
    ids=["none", "rate", "exact numbers", "type", "NULL", "row", "columns"],
)
def test_differences_are_found(columns, rows, found):
    assert len(differences({"sales": Rows(columns, rows)}, PUBLISHED)) == found
    assert len(differences({}, PUBLISHED)) == 1


def records_of(rows: Rows) -> list[dict[str, object]]:
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]


def test_a_file_is_refused_with_the_way_out(new_database, tmp_path):
    path = tmp_path / "orders.csv"
    orders_of(("ann", "2024-01-01")).to_csv(path, index=False)
    with pytest.raises(DbtFailedError) as refused:
        new_database().dbt("build", raw_orders=path)
    message = str(refused.value)
    assert f"reads no files; load '{path}' into a table" in message
