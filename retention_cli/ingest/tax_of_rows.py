"""The tax in the prices of rows, by the totals of all orders or by what a column says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from retention_cli.ingest.formats import TaxIncluded
from retention_cli.ingest.mapping import YES, text_of
from retention_cli.ingest.tables import literal, one
from retention_cli.ingest.taxes import Parts, decide_tax
from retention_cli.ingest.values import MONEY

if TYPE_CHECKING:
    from retention_cli.ingest.order_writer import OrderWriter


def tax_values(writer: OrderWriter) -> None:
    """Take the tax out of prices that hold it, in the order's own proportion."""
    tax, values = writer.mapping.tax_included, writer.values
    goods = "gross_amount" if "gross_amount" in values else "line_amount"
    # Amounts are the order's, or those of its lines.
    named = {
        name: name if name in values else f"line_{name}"
        for name in ["discount_amount", "shipping_amount", "tax_amount"]
    }
    if writer.lines and not ({goods, "tax_amount"} <= set(values)):
        # The goods or their tax stand in the file of lines.
        if tax and tax.always:
            values["holds_tax"] = "true"
        elif tax and tax.column:
            text = f"lower({writer.query.text(tax.column)})"
            values["holds_tax"] = f"coalesce({text} in ({', '.join(map(literal, YES))}), false)"
        return
    if not tax or named["tax_amount"] not in values or goods not in values:
        return
    whole = {name: or_nothing(writer, name) for name in [goods, *named.values()]}
    if goods == "line_amount" and has_tips(writer):
        tip = writer.query.any_of(writer.mapping.tips)
        whole[goods] = f"case when {tip} then 0 else {whole[goods]} end"
    if goods == "line_amount" and set(named) & set(values):
        # Some amounts are the order's, so those of its lines are added up.
        whole = {
            name: f"sum({sql}) over ({lines_of_order(writer)})" if name[:5] == "line_" else sql
            for name, sql in whole.items()
        }
    parts = Parts(
        goods=f"({whole[goods]} - {whole[named['discount_amount']]})",
        shipping=whole[named["shipping_amount"]],
        tax=whole[named["tax_amount"]],
        total="null",
    )
    if tax.always:
        condition = "true"
    elif tax.column:
        text = f"lower({writer.query.text(tax.column)})"
        condition = f"coalesce({text} in ({', '.join(map(literal, YES))}), false)"
    else:
        parts, condition = tax_by_totals(writer, tax, parts, whole[goods])
    share = (
        f"case when {condition} and abs({parts.tax}) < abs({parts.whole}) then 1"
        f" - abs(cast({parts.tax} as double)) / abs(cast({parts.whole} as double)) else 1 end"
    )
    if goods == "gross_amount" and "line_amount" in values and condition != "false":
        values["tax_share"] = share
    for name in [goods, named["discount_amount"], named["shipping_amount"]]:
        if name in values and condition != "false":
            values[name] = f"cast(round(cast({values[name]} as double) * ({share}), 4) as {MONEY})"


def or_nothing(writer: OrderWriter, name: str) -> str:
    """Return SQL of an amount that is 0 where it is empty or there is none."""
    return f"coalesce({writer.values[name]}, 0)" if name in writer.values else "0"


def lines_of_order(writer: OrderWriter) -> str:
    """Return SQL of the window of all rows of an order."""
    order = writer.mapping.columns["order_id"]
    return f"partition by file_name, {writer.query.text(order.grouped_by or order.of[0])}"


def tax_by_totals(
    writer: OrderWriter, tax: TaxIncluded, parts: Parts, gross: str
) -> tuple[Parts, str]:
    """Find out by the totals of all orders which prices include tax.

    Returns:
        The parts of an order, and SQL of whether its prices include tax.
    """
    importer, query, columns = writer.importer, writer.query, writer.mapping.columns
    amounts = [columns.get(n) for n in ["gross_amount", "discount_amount", "shipping_amount"]]
    amounts.append(writer.mapping.line_columns.get("amount"))
    known = {column for source in amounts if source for column in source.columns}
    per = " / minor_units" if any(one.minor_units for one in amounts if one) else ""

    def number(column: str) -> str:
        return f"({query.number(column, column, is_needed=False)}{per})"

    others = [f"coalesce({number(c)}, 0)" for c in tax.equals if c not in known]
    if "line_amount" in writer.values and has_tips(writer):
        others.append(
            f"coalesce(sum(case when {query.any_of(writer.mapping.tips)} then"
            f" {writer.values['line_amount']} end) over ({lines_of_order(writer)}), 0)"
        )
    parts = replace(
        parts, total=number(tax.total), others=f"({' + '.join(others)})" if others else "0"
    )
    # Some exports' subtotals are before discounts, of others after them: the totals tell which.
    readings = {"after": parts, "before": replace(parts, goods=gross)}
    values: dict[str, str] = {}
    for name, some in readings.items():
        values |= {f"reading_{name}": some.reading(), f"whole_{name}": some.whole}
    orders = importer.workspace.next_name()
    order = ""
    if writer.mapping.grain == "line":
        # An order of many lines is one witness, not many.
        order = "distinct order_id, "
        values["order_id"] = writer.values["order_id"]
    writer.connection.execute(
        f"create table {orders} as select {order}reading_after, whole_after, reading_before,"
        f" whole_before, tax from ({query.sql(literal(''), {**values, 'tax': parts.tax})})"
        " where tax <> 0"
    )
    after, before = one(
        writer.connection,
        "select count(*) filter (reading_after in ('included', 'added')),"
        f" count(*) filter (reading_before in ('included', 'added')) from {orders}",
    )
    best = "before" if before > after else "after"
    decision = decide_tax(
        writer.connection,
        f"(select reading_{best} as reading, whole_{best} as whole, tax from {orders})",
        readings[best],
        is_complete=writer.mapping.name != "generic",
    )
    writer.connection.execute(f"drop table {orders}")
    importer.result.decisions = [
        one for one in importer.result.decisions if one[0] != "tax_included"
    ]
    importer.decide("tax_included", decision.decision, decision.evidence)
    writer.tax_note = decision.note
    return readings[best], decision.condition


def has_tips(writer: OrderWriter) -> bool:
    """Return whether a line of the file is a tip."""
    tests = []
    for condition in writer.mapping.tips:
        text = text_of(condition.column, writer.rows.types[condition.column])
        tests.append(f"lower({text}) in ({', '.join(map(literal, condition.values))})")
    if not tests:
        return False
    (tips,) = one(
        writer.connection,
        f"select count(*) from {writer.rows.relation} where {' or '.join(tests)}",
    )
    return bool(tips)
