"""The amounts of lines in a file of their own, given to their orders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from retention_cli.ingest.errors import NotUsableError
from retention_cli.ingest.formats import LINE_AMOUNTS, LINE_COLUMNS
from retention_cli.ingest.grain import is_total_column
from retention_cli.ingest.tables import literal, one, parquet_columns, quoted
from retention_cli.ingest.taxes import UNKNOWN
from retention_cli.ingest.values import MONEY

if TYPE_CHECKING:
    from retention_cli.ingest.order_writer import OrderWriter


def join_lines(writer: OrderWriter, path: Path) -> None:
    """Give orders the amounts of their lines, which are in a file of their own."""
    importer, connection = writer.importer, writer.connection
    names = [n for n, *_ in connection.execute(f"describe {writer.lines}").fetchall()]
    amounts = [n for n in LINE_AMOUNTS if n in names]
    sums = ", ".join(f"cast(sum({n}) as {MONEY}) as line_{n}" for n in amounts)
    orders = parquet_columns(connection, path)
    others = [n for n in orders if n not in {*amounts, "gross_amount", "holds_tax"}]
    selected = [f"orders.{quoted(n)}" for n in others]
    for name in amounts:
        target = "gross_amount" if name == "amount" else name
        own = f"orders.{target}, " if target in orders else ""
        selected.append(f"coalesce({own}line_{name}) as {target}")
    gross = writer.mapping.columns.get("gross_amount")
    if {"tax_amount"} <= {*amounts} - {*orders} and gross and is_total_column(gross.of[0]):
        # The order's total includes tax, which only its lines name.
        selected[-len(amounts)] = (
            "coalesce(orders.gross_amount - coalesce(line_tax_amount, 0), line_amount) as gross_amount"
        )
    flags = ["orders.holds_tax"] if "holds_tax" in orders else []
    flags += ["line_holds_tax"] if "holds_tax" in names else []
    if flags:
        selected.append(f"coalesce({', '.join(flags)}, false) as holds_tax")
        sums += ", bool_or(holds_tax) as line_holds_tax" if "holds_tax" in names else ""
    key, same = "order_id", "orders.order_id = l.order_id"
    if "store" in orders and "store" in names:
        key += ", store"
        same += " and coalesce(orders.store, '') = coalesce(l.store, '')"
    elif "store" in orders:
        stop_at_lines_of_any_store(writer, path)
    joined = importer.workspace.next_name()
    connection.execute(
        f"create table {joined} as select {', '.join(selected)} from {literal(str(path))} as orders"
        f" left join (select {key}, {sums} from {writer.lines} where reason is null group by {key}) as l"
        f" on {same}"
    )
    take_tax_out_of(writer, joined, {*others, *amounts}, bool(flags), "gross_amount" in orders)
    matched, orders_without = one(
        connection,
        f"select count(gross_amount), count(*) filter (gross_amount is null) from {joined}",
    )
    of_order = f"exists (select 1 from {joined} as orders where {same})"
    (lost,) = one(
        connection,
        f"select count(*) from {writer.lines} as l where reason is null and not {of_order}",
    )
    if not matched:
        raise NotUsableError(
            f"{writer.rows.names}: no order has a line: the ids of orders and lines have nothing in"
            " common; name the columns of both with --vars columns"
        )
    if orders_without:
        importer.rejects.append(
            f"select 'raw_orders', {literal(writer.rows.names)}, cast(null as bigint), order_id,"
            f" 'gross_amount is empty: the order has no line', null, 0 from {joined}"
            " where gross_amount is null"
        )
        writer.count.accepted -= orders_without
        writer.count.rejected += orders_without
    if lost:
        importer.say(f"{lost:,} lines belong to no order of the file and are not used")
    importer.copy(f"from {joined} where gross_amount is not null", path)
    importer.decide("grain", "orders and lines", f"{matched:,} orders get the sum of their lines")
    kept = [n for n in ["order_id", "store", *LINE_COLUMNS, *LINE_AMOUNTS[1:]] if n in names]
    lines_path = importer.out / "order_lines.parquet"
    importer.copy(
        f"select {', '.join(kept)} from {writer.lines} as l where reason is null and {of_order}",
        lines_path,
    )
    importer.result.outputs["raw_order_lines"] = lines_path


def stop_at_lines_of_any_store(writer: OrderWriter, path: Path) -> None:
    """Stop where lines may be of several orders of one id, each of another store.

    Raises:
        NotUsableError: nothing says whose they are.
    """
    (ids,) = one(
        writer.connection,
        f"select count(*) from (select 1 from {literal(str(path))} as orders"
        f" join {writer.lines} as l using (order_id)"
        " group by order_id having count(distinct coalesce(orders.store, '')) > 1)",
    )
    if ids:
        raise NotUsableError(
            f"{writer.rows.names}: {ids:,} order ids are in several stores, and the lines name no store;"
            " give them a column store, or build each store's lines with its orders"
        )


def take_tax_out_of(
    writer: OrderWriter, joined: str, names: set[str], is_told: bool, has_own_amounts: bool
) -> None:
    """Take the tax out of the goods of orders whose lines stand in a file of their own."""
    importer, connection = writer.importer, writer.connection
    if "tax_amount" not in names or (has_own_amounts and not is_told):
        return
    if not is_told:
        (has_tax,) = one(connection, f"select count(*) from {joined} where tax_amount <> 0")
        if has_tax and not importer.lines_hold_tax and writer.mapping.tax_included is None:
            importer.say(UNKNOWN)
        return
    whole = " + ".join(
        f"coalesce({sign}{n}, 0)"
        for n, sign in [("gross_amount", ""), ("discount_amount", "-"), ("shipping_amount", "")]
        if n in {*names, "gross_amount"}
    )
    share = f"(1 - abs(cast(tax_amount as double)) / abs(cast({whole} as double)))"
    changed = ", ".join(
        f"{n} = cast(round(cast({n} as double) * {share}, 4) as {MONEY})"
        for n in ["gross_amount", "discount_amount", "shipping_amount"]
        if n in {*names, "gross_amount"}
    )
    connection.execute(
        f"update {joined} set {changed} where holds_tax and abs(tax_amount) < abs({whole})"
    )
    connection.execute(f"alter table {joined} drop column holds_tax")
