"""Where in a JSON document its records are, and records as rows of texts."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from retention_cli.ingest.names import is_known

# Lists inside a record whose objects are line items: each makes a row.
LISTS_OF_ITEMS = ("line_items", "lineitems", "lines", "items", "products", "order_items", "data")
# How MongoDB writes values with their types: `{"$oid": "65a"}`.
TYPED = {"$oid", "$date", "$numberDecimal", "$numberLong", "$numberInt", "$numberDouble"}


def find_records(document: Any, place: str | None = None) -> tuple[str, list[dict[str, Any]]]:
    """Return the place of the longest list of objects in a document, and the list.

    A place is dotted, such as `data.orders.edges[].node`; "" is the top. A document that is one
    object without such a list is the only record.
    """
    document = as_records(document)
    if place is not None:
        return place, at_place(document, place)
    if isinstance(document, list):
        return "", objects_of(document)
    found: list[tuple[int, str]] = []
    walk(document, "", found, depth=0)
    if found:
        _, best = min(found)
        return best, at_place(document, best)
    if isinstance(document, dict):
        return "", [document]
    raise ValueError("no records")


def as_records(document: Any) -> Any:
    """Return a document as a list of objects, where it is a table in another form; else itself.

    Such are a list of lists below a list of names, an object of columns, and one of records by id.
    """
    if isinstance(document, list) and len(document) > 1:
        if not all(isinstance(row, list) for row in document):
            return document
        names, *rows = document
        if all(isinstance(name, str) for name in names):
            return [dict(zip(names, row, strict=False)) for row in rows]
    if not isinstance(document, dict) or len(document) < 2:
        return document
    inner = list(document.values())
    names = [name for name in document if is_known(name)]
    if all(isinstance(value, list) for value in inner):
        is_table = not any(isinstance(one, (dict, list)) for value in inner for one in value)
        if is_table and names and len({len(value) for value in inner}) == 1:
            return [dict(zip(document, row, strict=True)) for row in zip(*inner, strict=True)]
        return document
    if not all(isinstance(value, dict) and value for value in inner):
        return document
    if all(set(value) == set(inner[0]) for value in inner):
        if len(names) * 2 > len(inner):
            return [{name: document[name][row] for name in document} for row in inner[0]]
        if sum(map(is_known, inner[0])) >= 2:
            return inner
    return document


def walk(value: Any, place: str, found: list[tuple[int, str]], depth: int) -> None:
    """Collect the lists of objects near the top of a document with how deep they are."""
    if depth > 4 or not isinstance(value, dict):
        return
    for name, inner in value.items():
        where = f"{place}.{name}" if place else name
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            found.append((depth, where))
        elif isinstance(inner, dict):
            walk(inner, where, found, depth + 1)


def at_place(document: Any, place: str) -> list[dict[str, Any]]:
    """Return the objects at a dotted place; edges of GraphQL are opened."""
    values = [document]
    for part in [part for part in place.split(".") if part]:
        name = part.removesuffix("[]")
        values = [value.get(name) for value in values if isinstance(value, dict)]
        values = [
            inner for value in values for inner in (value if isinstance(value, list) else [value])
        ]
    return objects_of(values)


def objects_of(values: list[Any]) -> list[dict[str, Any]]:
    """Return the objects of a list; lists in it are opened, a GraphQL edge is its node."""
    objects = []
    for value in values:
        inner = value if isinstance(value, list) else [value]
        objects += [one for one in inner if isinstance(one, dict)]
    if objects and all(set(one) <= {"node", "cursor"} and "node" in one for one in objects):
        objects = [one["node"] for one in objects if isinstance(one["node"], dict)]
    return objects


def flatten(record: dict[str, Any]) -> tuple[dict[str, str], dict[str, list[dict[str, Any]]]]:
    """Return a record as a row of texts, and the lists of objects in it by their place.

    Fields of objects inside it are dotted, `customer.id`.
    """
    row: dict[str, str] = {}
    lists: dict[str, list[dict[str, Any]]] = {}
    stack: list[tuple[str, Any]] = list(record.items())
    while stack:
        name, value = stack.pop(0)
        value = untyped(value)
        if isinstance(value, dict):
            inner = value.get("nodes") or value.get("edges") or value.get("data")
            if isinstance(inner, list):
                stack.insert(0, (name, inner))
            else:
                stack = [(f"{name}.{key}", one) for key, one in value.items()] + stack
        elif isinstance(value, list):
            objects = objects_of(value)
            if objects:
                lists[name] = objects
            else:
                row[name] = ", ".join(text_of(one) for one in value)
        else:
            row[name] = text_of(value)
    return row, lists


def untyped(value: Any) -> Any:
    """Return a value of MongoDB without the object that says its type."""
    if not isinstance(value, dict) or len(value) != 1 or not set(value) <= TYPED:
        return value
    ((kind, inner),) = value.items()
    inner = untyped(inner)
    if kind == "$date" and re.fullmatch(r"-?\d+", str(inner)):
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(inner))
        return moment.isoformat()
    return inner


def is_list_of_items(name: str) -> bool:
    """Return whether a list inside an order is called as lists of line items are."""
    last = name.rsplit(".", 1)[-1].lower().replace("_", "")
    return last in {known.replace("_", "") for known in LISTS_OF_ITEMS}


def text_of(value: object) -> str:
    """Return a JSON value as text; "" for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value) if not isinstance(value, float) else repr(value)
