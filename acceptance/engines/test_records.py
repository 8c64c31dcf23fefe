"""On PostgreSQL records mean what they mean on DuckDB, and tables of loaders are read alike."""

import pandas as pd
import pytest

from acceptance.inputs.test_loader_tables import FORMATS, TABLES
from acceptance.inputs.test_records import OF_TABLES, OTHERS, others, shops_of_tables, together
from acceptance.support.engines import DuckDBDatabase, PostgresDatabase, differences

pytestmark = pytest.mark.everything

MARTS = ("+retention__orders", "+retention__customers", "+retention__order_statuses")
MARTS += ("+retention__period_snapshots",)
TERMS = pd.DataFrame(
    [
        ("1", "annual", "2024-01-05", "365", "10.00", "EUR"),
        ("2", "monthly", "2024-01-05", "30.0", "10.00", "EUR"),
        ("3", "dinars", "2024-01-05", "soon", "12.500", "KWD"),
        ("4", "annual", "2024-02-05", "30", "1.234", "EUR"),
        ("5", "last", "2024-06-30", "", "10.00", "EUR"),
    ],
    columns=["order_id", "customer_id", "ordered_at", "term", "gross_amount", "currency"],
)
RATES = pd.DataFrame([("KWD", "2020-01-01", "3.00")], columns=["currency", "valid_from", "rate"])
SHOPS = {
    "records": (together(shops_of_tables()), OF_TABLES),
    "others": (others(), OTHERS),
    "terms": (
        {"raw_orders": TERMS, "raw_exchange_rates": RATES},
        {"activity_window_column": "term", "reporting_currency": "EUR"},
    ),
}


@pytest.fixture
def databases(tmp_path_factory, postgres_server):
    """Empty databases of both engines."""
    of_duckdb = DuckDBDatabase(tmp_path_factory.mktemp("duckdb"))
    # Relations are read where they are made.
    return [of_duckdb, PostgresDatabase(tmp_path_factory.mktemp("postgres"), postgres_server)]


@pytest.mark.parametrize("shop", SHOPS)
def test_records_are_taken_alike(shop, databases):
    inputs, settings = SHOPS[shop]
    for database in databases:
        loaded = {
            name: database.load(name.removeprefix("raw_"), frame) for name, frame in inputs.items()
        }
        database.dbt("run", "--select", *MARTS, **loaded, **settings)
    of_duckdb, of_postgres = (database.relations() for database in databases)
    assert differences(of_postgres, of_duckdb) == []


@pytest.mark.parametrize(
    "name", ["fivetran_shopify", "fivetran_stripe", "fivetran_line_item_enhanced"]
)
def test_tables_of_loaders_are_read_alike(name, databases):
    inputs, *_ = FORMATS[name]
    for database in databases:
        with database.connection() as connection:
            cursor = connection if database.target == "local" else connection.cursor()
            cursor.execute(TABLES)
            connection.commit()
        database.dbt(
            "run",
            *("--select", "+retention__orders"),
            source_format=name,
            **({"reporting_currency": "EUR"} if "stripe" in name else {}),
            **inputs,
        )
    of_duckdb, of_postgres = (database.relations() for database in databases)
    assert differences(of_postgres, of_duckdb) == []
