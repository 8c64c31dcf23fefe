"""Which input each file is: orders, their lines, customers or refunds; and what tells files apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from retention_cli.ingest import formats
from retention_cli.ingest.mapping import profile, propose_columns
from retention_cli.ingest.names import is_personal, plain, words_of
from retention_cli.ingest.tables import Table

if TYPE_CHECKING:
    from retention_cli.ingest.importing import Importer


def sort_out(importer: Importer, tables: dict[str, list[Table]]) -> None:
    """Move files of lines and customers that were named among the orders to their inputs."""
    if len(tables["raw_orders"]) < 2:
        return
    kinds = {}
    for table in tables["raw_orders"]:
        kinds[id(table)] = kind_of(importer, table)
    if "raw_orders" not in kinds.values():
        return
    for name in ["raw_order_lines", "raw_customers", "raw_refunds"]:
        moved = [table for table in tables["raw_orders"] if kinds[id(table)] == name]
        if moved and name not in tables:
            tables[name] = moved
            importer.say(f"{', '.join(t.path.name for t in moved)}: taken as {name}")
            tables["raw_orders"] = [t for t in tables["raw_orders"] if t not in moved]


def kind_of(importer: Importer, table: Table) -> str:
    """Return which input a file is, by its ready mapping or the names of its columns."""
    recognised = formats.recognise(all_columns(table), list(table.lists))
    if recognised:
        kind = formats.ready_formats()[recognised].get("input", "orders")
        return {"lines": "raw_order_lines"}.get(kind, f"raw_{kind}")
    found = {
        p.meaning
        for p in propose_columns(table, profile(table, importer.workspace), importer.workspace)
        if p.score > 0.7
    }
    if holds_customers(table, found):
        return "raw_customers"
    if "ordered_at" in found or not found:
        return "raw_orders"
    if "order_id" in found and found & {"quantity", "unit_price", "product_id", "gross_amount"}:
        return "raw_refunds" if found & {"refunded_at", "refund_id"} else "raw_order_lines"
    if "customer_id" in found and "gross_amount" not in found:
        return "raw_customers"
    return "raw_orders"


def holds_customers(table: Table, found: set[str]) -> bool:
    """Return whether a file holds people: their names or addresses, one id, and nothing of orders."""
    header = {plain(column) for column in table.columns}
    ids = {"id", "customerid", "userid", "clientid"} & header
    of_orders = {
        "quantity",
        "unit_price",
        "gross_amount",
        "total_amount",
        "product_id",
        "status",
    }
    about_people = "email" in found or any(map(is_personal, table.columns))
    return len(ids) == 1 and about_people and not found & of_orders and "orderid" not in header


def distinct_names(paths: list[Path]) -> list[str]:
    """Return the names of files, with as many of their folders as tell them apart."""
    for depth in range(1, max(len(path.parts) for path in paths) + 1):
        names = ["/".join(path.parts[-depth:]) for path in paths]
        if len(set(names)) == len(set(paths)):
            return names
    return [str(path) for path in paths]


def own_words(paths: list[Path]) -> list[frozenset[str]]:
    """Return the words of each file's name and folders that not all of the files have."""
    words = [frozenset(words_of(f"{path.parent} {path.stem}")) for path in paths]
    common = frozenset.intersection(*words)
    return [some - common for some in words]


def all_columns(table: Table) -> list[str]:
    """Return the columns of a table, and those of the objects in its lists."""
    return [*table.columns, *(name for _, columns in table.lists.values() for name in columns)]
