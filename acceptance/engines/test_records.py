"""On PostgreSQL records mean what they mean on DuckDB, and tables of loaders are read alike."""

from decimal import Decimal

import pandas as pd
import pytest

from acceptance.inputs import test_records as records
from acceptance.inputs.test_loader_tables import FORMATS, TABLES
from acceptance.support.engines import Database, DuckDBDatabase, PostgresDatabase, differences

pytestmark = pytest.mark.everything

MARTS = ("+retention__orders", "+retention__customers", "+retention__order_statuses")
MARTS += ("+retention__period_snapshots", "+retention__data_quality")
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
    "tables": (records.together(records.shops_of_tables()), records.OF_TABLES),
    "placeholders": (records.placeholders(), {"customer_identity": "email"}),
    "stores": (records.two_stores(), records.OF_STORES),
    "settings": (records.shop_of_settings(), records.OF_SETTINGS),
    "others": (records.others(), records.OTHERS),
    "charges": (records.charges(), records.OF_CHARGES),
    "terms": (
        {"raw_orders": TERMS, "raw_exchange_rates": RATES},
        {"activity_window_column": "term", "reporting_currency": "EUR"},
    ),
}


@pytest.fixture
def databases(tmp_path_factory, postgres_server):
    """Empty databases of both engines."""
    return [
        DuckDBDatabase(tmp_path_factory.mktemp("duckdb")),
        PostgresDatabase(tmp_path_factory.mktemp("postgres"), postgres_server),
    ]


def written(cell: object) -> str | None:
    """A cell as text: numbers without exponents, which texts of amounts cannot have."""
    if pd.isna(cell):
        return None
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)


def differences_of(
    databases: list[Database], inputs: dict[str, pd.DataFrame], settings: dict
) -> list[str]:
    """Build a shop on both engines and return where their marts differ."""
    for database in databases:
        loaded = {
            name: database.load(name.removeprefix("raw_"), frame) for name, frame in inputs.items()
        }
        database.dbt("run", "--select", *MARTS, **loaded, **settings)
    of_duckdb, of_postgres = (database.relations() for database in databases)
    assert of_duckdb["retention__orders"].rows
    return differences(of_postgres, of_duckdb)


@pytest.mark.parametrize("shop", SHOPS)
def test_records_are_taken_alike(shop, databases):
    assert differences_of(databases, *SHOPS[shop]) == []


@pytest.mark.parametrize("exports", [records.exports_of_woocommerce, records.exports_of_shopify])
def test_what_exports_become_is_taken_alike(exports, databases, tmp_path):
    inputs, settings = exports(tmp_path)
    as_text = {name: frame.map(written).astype("str") for name, frame in inputs.items()}
    assert differences_of(databases, as_text, settings) == []


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
