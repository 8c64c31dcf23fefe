"""The project's compiled SQL, run without dbt: a tiny shop is built in a fraction of a second."""

import json
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pandas as pd

from retention_cli.project import Project

DATABASE = "shop"
# In the order in which the project reads them, which also breaks ties between records.
INPUT_COLUMNS = {
    "orders": [
        "order_id",
        "customer_id",
        "ordered_at",
        "gross_amount",
        "email",
        "phone",
        "store",
        "updated_at",
        "status",
        "currency",
        "discount_amount",
        "shipping_amount",
        "tax_amount",
        "cost_amount",
        "fulfilment_cost_amount",
        "payment_fee_amount",
        *("taxes_included", "total_amount", "retention_file_name"),
    ],
    "order_lines": [
        *("order_id", "store", "product_id", "quantity", "amount", "discount_amount", "cost_amount")
    ],
    "customers": [
        *("customer_id", "email", "phone", "store", "created_at", "updated_at"),
        *("referred_by_customer_id", "retention_file_name"),
    ],
    "refunds": [
        *("refund_id", "order_id", "store", "refunded_at", "updated_at", "amount", "goods_amount"),
        *("currency", "retention_file_name"),
    ],
    "costs": ["spent_on", "purpose", "amount", "channel", "currency"],
    "exchange_rates": ["currency", "valid_from", "rate"],
    "survey_responses": [
        "response_id",
        "customer_id",
        "responded_at",
        "score",
        "touchpoint",
        "store",
    ],
}
ATTRIBUTES = {"orders": ["channel", "term"], "customers": ["channel", "country", "tier", "term"]}


def columns_read(
    raw: dict[str, pd.DataFrame], attribute_columns: tuple[str, ...]
) -> dict[str, pd.DataFrame]:
    """Return all inputs with just the columns the project reads; what is not given is empty."""
    return {
        name: raw.get(name, pd.DataFrame())
        .reindex(
            columns=columns
            + [column for column in attribute_columns if column in ATTRIBUTES.get(name, [])]
        )
        .astype("str")
        for name, columns in INPUT_COLUMNS.items()
    }


class CompiledProject:
    """The statements of all models under some settings, in an order in which they can run.

    dbt compiles the models once, against inputs of text columns; each build then runs these
    very statements over other inputs in a database in memory.
    """

    def __init__(self, folder: Path, variables: dict[str, object]) -> None:
        """Compile the project in an existing empty folder."""
        project = Project(folder / f"{DATABASE}.duckdb", folder / "target", folder / "logs")
        with duckdb.connect(project.database) as connection:
            _create_inputs(connection, {"orders": pd.DataFrame({"order_id": ["an order"]})})
        inputs = {f"raw_{name}": f"raw.{name}" for name in INPUT_COLUMNS}
        project.dbt("compile", variables=inputs | variables)
        manifest = json.loads((project.target / "manifest.json").read_text())
        models = {
            name: node
            for name, node in manifest["nodes"].items()
            if node["resource_type"] == "model" and node["language"] == "sql"
        }
        order = TopologicalSorter(
            {name: node["depends_on"]["nodes"] for name, node in models.items()}
        ).static_order()
        self.models = [models[name] for name in order if name in models]

    def build(self, raw: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Return the public relations of a shop, by name."""
        with duckdb.connect() as connection:
            # On so few rows, planning takes several times longer than running unplanned.
            connection.execute("pragma disable_optimizer")
            connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}")
            _create_inputs(connection, raw)
            for schema in {model["schema"] for model in self.models}:
                connection.execute(f'create schema "{schema}"')
            for model in self.models:
                kind = "view" if model["config"]["materialized"] == "view" else "table"
                connection.execute(
                    f"create {kind} {model['relation_name']} as {model['compiled_code']}"
                )
            return {
                model["name"]: connection.sql(f"from {model['relation_name']}")
                .to_arrow_table()
                .to_pandas(date_as_object=False)
                for model in self.models
                if model["name"].startswith("retention__")
            }


def _create_inputs(connection: duckdb.DuckDBPyConnection, raw: dict[str, pd.DataFrame]) -> None:
    """Create a text table an input; what the shop lacks is empty."""
    connection.execute("create schema raw")
    for name, columns in INPUT_COLUMNS.items():
        attributes = ATTRIBUTES.get(name, [])
        definitions = ", ".join(f"{column} varchar" for column in [*columns, *attributes])
        connection.execute(f"create table raw.{name} ({definitions})")
        if name in raw and len(raw[name]):
            connection.register("given", raw[name])
            connection.execute(f"insert into raw.{name} by name from given")
            connection.unregister("given")
