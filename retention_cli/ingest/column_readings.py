"""How the columns that a mapping reads are written, and what their statuses mean, with the evidence."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from retention_cli.ingest.formats import Mapping, Source
from retention_cli.ingest.imported import MOST_SEGMENT_VALUES
from retention_cli.ingest.mapping import distinct_texts, text_of
from retention_cli.ingest.names import status_means
from retention_cli.ingest.records import (
    Hints,
    Readings,
    Rows,
    read_dates,
    read_numbers,
)
from retention_cli.project import project_settings

if TYPE_CHECKING:
    from retention_cli.ingest.importing import Importer


def hints_of(importer: Importer, mapping: Mapping) -> Hints:
    """Return what a person, else a ready mapping, says of how values are written."""
    order = importer.settings.get("date_order") or ""
    sign = importer.settings.get("decimal_separator") or ""
    if order or sign:
        return Hints(
            order or mapping.date_order,
            sign or mapping.decimal_separator,
            "setting",
            importer.country,
        )
    said_by = "ready mapping" if mapping.date_order or mapping.decimal_separator else ""
    return Hints(mapping.date_order, mapping.decimal_separator, said_by, importer.country)


def currencies_of_rows(importer: Importer, rows: Rows, mapping: Mapping) -> set[str]:
    """Return the currencies that a mapping, or the column that it names, says of a file."""
    source = mapping.columns.get("currency")
    codes: set[str] = {source.constant.upper()} if source and source.constant else set()
    if source and len(source.of) == 1:
        text = text_of(source.of[0], rows.types[source.of[0]])
        found = distinct_texts(importer.connection, rows.relation, text, MOST_SEGMENT_VALUES)
        codes = {code.upper() for code in found}
    return codes


def read_columns(importer: Importer, rows: Rows, mapping: Mapping) -> tuple[Readings, Hints]:
    """Find out how the columns that a mapping reads are written."""
    hints = replace(
        hints_of(importer, mapping),
        currencies=lambda: currencies_of_rows(importer, rows, mapping),
    )
    sources: dict[str, Source] = {**mapping.columns, **mapping.line_columns}
    refunds = mapping.refunds
    for name in ["amount", "total"]:
        if getattr(refunds, name):
            sources[f"refund {name}"] = getattr(refunds, name)
    if refunds.refunded_at:
        sources["refunded_at"] = refunds.refunded_at
    numbers: list[str] = []
    money: set[str] = set()
    dates: dict[str, Source] = {}
    for name, source in sources.items():
        if name in {"ordered_at", "updated_at", "refunded_at", "created_at"}:
            dates |= dict.fromkeys(source.of, source)
        elif name.endswith("_amount") or name in {"amount", "quantity"} or "refund " in name:
            numbers += [
                *source.of,
                *source.plus,
                *source.minus,
                *source.times,
                *source.less_share,
                *source.per_cent,
            ]
            if name != "quantity":
                money |= {*source.of, *source.plus, *source.minus}
    tax = mapping.tax_included
    if tax and tax.total:
        numbers += [tax.total, *tax.equals]
    numbers += [one.column for one in (*refunds.where, *mapping.drop) if one.negative]
    return readings_of(importer, rows, dates, numbers, money, hints), hints


def readings_of(
    importer: Importer,
    rows: Rows,
    dates: dict[str, Source],
    numbers: list[str],
    money: set[str],
    hints: Hints,
) -> Readings:
    """Find out how columns of dates and numbers are written, and note the evidence."""
    kept = importer.kept.get("readings", {}).get(rows.input, {})
    ask = importer.request.ask
    readings = Readings()
    for column, source in dates.items():
        given = kept.get(column)
        own = hints
        if given and given.get("order"):
            own = replace(hints, date_order=given["order"], said_by="setting")
        readings.dates[column] = read_dates(rows, column, importer.workspace, own, ask, source.time)
        reading = readings.dates[column]
        if reading.order or reading.kind != "text" or reading.language:
            text = reading.order or reading.language or reading.kind
            importer.decide(f"readings.{rows.input}.{column}", text, reading.evidence)
    signs = {
        c: given["decimal_separator"] for c, given in kept.items() if "decimal_separator" in given
    }
    if signs and not hints.decimal_separator:
        hints = replace(hints, decimal_separator=next(iter(signs.values())), said_by="shop.yml")
    readings.numbers = read_numbers(rows, numbers, money, importer.workspace, hints, ask)
    for column, number in readings.numbers.items():
        if rows.types[column] == "VARCHAR" and number.evidence != "whole numbers":
            importer.decide(
                f"readings.{rows.input}.{column}", number.decimal_separator, number.evidence
            )
    return readings


def read_statuses(
    importer: Importer, relation: str, texts: list[str], mapping: Mapping
) -> list[str]:
    """Note what statuses mean that no setting lists; return all that are no purchase, in lower case.

    Args:
        importer: the import.
        relation: rows with statuses.
        texts: SQL of the statuses in them.
        mapping: what the columns mean.
    """
    excluded, values = [], set()
    for text in texts:
        values |= {*distinct_texts(importer.connection, relation, text, MOST_SEGMENT_VALUES)}
    known = project_settings() | importer.settings
    known["excluded_statuses"] = [*known["excluded_statuses"], *mapping.statuses_excluded]
    for status in sorted(values):
        taken = treatment(status, known)
        if taken.startswith("unknown") and "excluded_statuses" not in importer.settings:
            if status_means(status, "no_purchase"):
                taken = "no purchase"
                importer.no_purchases = sorted({*importer.no_purchases, status})
            elif status_means(status, "purchase"):
                importer.purchases = sorted({*importer.purchases, status})
        excluded += [status] if taken == "no purchase" else []
    for what, noted in [("no purchase", importer.no_purchases), ("a purchase", importer.purchases)]:
        if noted:
            importer.say(f"statuses counted as {what} by their meaning: {', '.join(noted)}")
    return excluded


def treatment(status: str | None, settings: dict[str, Any]) -> str:
    """Return how orders of a status are taken, in the words of retention__order_statuses."""

    def normal(text: str) -> str:
        return re.sub(r"[ _]", "-", text.strip().lower()).removeprefix("wc-")

    if status is None:
        return "purchase"
    if normal(status) in map(normal, settings["excluded_statuses"]):
        return "no purchase"
    if normal(status) in map(normal, settings["purchase_statuses"]):
        return "purchase"
    is_purchase = settings["unknown_statuses"] == "purchase"
    return f"unknown, taken as {'a' if is_purchase else 'no'} purchase"
