"""What rows with the same order id are: lines, versions or copies of an order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from retention_cli.ingest.errors import DecisionNeededError
from retention_cli.ingest.formats import AMOUNTS, Mapping
from retention_cli.ingest.mapping import THRESHOLD
from retention_cli.ingest.names import known_words, name_scores, plain, words_of
from retention_cli.ingest.tables import literal, one

if TYPE_CHECKING:
    from retention_cli.ingest.importing import Importer
    from retention_cli.ingest.order_writer import OrderWriter


def regrained(mapping: Mapping, grain: str) -> Mapping:
    """Return a mapping with another grain; in one of lines the amounts are the lines' own."""
    if grain != "line":
        return replace(mapping, grain=grain)
    columns, lines = dict(mapping.columns), dict(mapping.line_columns)
    for name in AMOUNTS:
        if name in columns:
            lines["amount" if name == "gross_amount" else name] = columns.pop(name)
    return replace(mapping, grain="line", columns=columns, line_columns=lines)


def settle_grain(importer: Importer, writer: OrderWriter) -> Mapping:
    """Decide what rows with the same order id are.

    Raises:
        DecisionNeededError: neither lines nor versions are told by the rows.
    """
    mapping, facts = writer.mapping, writer.repeated_facts()
    if importer.grain == "version":
        return replace(mapping, grain="version")
    has_line_columns = bool(
        {"product_id", "product_name", "quantity", "amount"} & set(mapping.line_columns)
    )
    ids = f"{facts['ids']:,} order id{'s' if facts['ids'] != 1 else ''}"
    if facts["identical"] == facts["ids"] and not has_line_columns:
        importer.say(f"{ids} repeat in identical rows, which count once")
        return replace(mapping, grain="copies")
    if not facts["within_file"] and "updated_at" not in mapping.columns:
        stop_at_strangers(importer, writer, facts["strangers"], facts["ids"])
    if not facts["within_file"]:
        importer.say(f"{ids} appear in several files; the file with the latest orders counts")
        importer.decide("grain", "version", "order ids repeat between files, never within one")
        return replace(mapping, grain="version")
    if "updated_at" in mapping.columns:
        importer.decide(
            "grain", "record", "order ids repeat with different times of the last change"
        )
        return replace(mapping, grain="copies")
    same_order = facts["one_customer"] == facts["ids"] and facts["one_day"] == facts["ids"]
    if same_order and has_line_columns and facts["identical"] < facts["ids"]:
        made = regrained(mapping, "line")
        gross = made.line_columns.get("amount")
        if facts["one_amount"] == facts["ids"]:
            importer.say(
                f"{ids} have several rows with the amount on one of them: lines of an order"
            )
            columns = {**made.columns}
            if gross:
                columns["gross_amount"] = gross
            rest = {n: s for n, s in made.line_columns.items() if n != "amount"}
            made = replace(made, columns=columns, line_columns=rest)
        elif (
            facts["equal_amounts"] == facts["ids"]
            and not is_total(made)
            and not (gross and (gross.times or is_of_line(gross.of[0])))
        ):
            whose = whose_amounts(importer, writer)
            if not whose:
                stop_at_repeats(writer, ids)
            importer.say(f"{ids} have several rows with different products: lines of an order")
            made = with_amounts_of_orders(importer, made, writer, is_of_order=whose == "order")
            if whose == "order" and importer.price:
                lines = {**made.line_columns, "amount": importer.price}
                made = replace(made, line_columns=lines)
        else:
            importer.say(
                f"{ids} have several rows with different products: lines, which are summed"
            )
            made = with_amounts_of_orders(importer, made, writer)
        importer.decide(
            "grain",
            "line",
            "rows of an order id share customer and day and differ in the product",
        )
        return made
    stop_at_repeats(writer, ids)
    raise AssertionError


def is_total(mapping: Mapping) -> bool:
    """Return whether the amounts of lines stand in a column that is called the total of an order."""
    source = mapping.line_columns.get("amount")
    return bool(source and len(source.of) == 1 and is_total_column(source.of[0]))


def whose_amounts(importer: Importer, writer: OrderWriter) -> str:
    """Return whether amounts that all rows of an order repeat are the `order`'s or each `line`'s.

    Prices and quantities of the rows tell: those of an order add up to its amount; "" where they do not.
    """
    if not importer.price:
        return ""
    query, price = writer.query, importer.price
    keys = [n for n in ["order_id", "store"] if n in writer.values]
    values = writer.values | {"price": query.amount(price, "price")}
    orders, of_order, of_line = one(
        importer.connection,
        "select count(*), count(*) filter (abs(whole - total) < 0.02),"
        " count(*) filter (is_each) from ("
        " select max(gross_amount) as whole, sum(price) as total,"
        " bool_and(abs(gross_amount - price) < 0.02) as is_each"
        f" from ({query.sql(literal('line'), values)}) where reason is null"
        f" group by {', '.join(keys)} having count(*) > 1)",
    )
    return "order" if of_order == orders else "line" if of_line == orders else ""


def with_amounts_of_orders(
    importer: Importer, mapping: Mapping, writer: OrderWriter, *, is_of_order: bool = False
) -> Mapping:
    """Return a mapping of lines in which what all lines of an order repeat is the order's.

    Lines of different goods hardly ever have the same tax, shipping or discount, in every order; the
    same total on all of them is that of the order where its column is called so.
    """
    names = [n for n in AMOUNTS if n in mapping.line_columns]
    if "amount" not in mapping.line_columns or not (names or is_of_order or is_total(mapping)):
        return mapping
    query = writer.query
    keys = [n for n in ["order_id", "store"] if n in writer.values]
    values = writer.values | {
        f"own_{n}": query.amount(mapping.line_columns[n], n) for n in ["amount", *names]
    }
    facts = ", ".join(
        f"max(abs(own_{n})) as {n}, count(distinct own_{n}) = 1 and count(own_{n}) = count(*) as {n}_repeats"
        for n in ["amount", *names]
    )
    orders = importer.workspace.next_name()
    importer.connection.execute(
        f"create table {orders} as select count(distinct own_amount) as different, {facts}"
        f" from ({query.sql(literal('line'), values)}) where reason is null"
        f" group by {', '.join(keys)} having count(*) > 1"
    )
    (same_total,) = one(
        importer.connection, f"select count(*) > 0 and bool_and(amount_repeats) from {orders}"
    )
    of_orders = []
    if is_of_order or (same_total and is_total(mapping)):
        of_orders.append("amount")
    for name in names:
        (is_order,) = one(
            importer.connection,
            f"select count(*) filter ((different > 1 or {bool(of_orders)}) and {name} > 0) > 0"
            f" and count(*) filter ({name} > 0 and not {name}_repeats) = 0 from {orders}",
        )
        of_orders += [name] if is_order else []
    if not of_orders:
        return mapping
    listed = ", ".join(of_orders)
    importer.say(
        f"all lines of an order have the same {listed}: it is the order's, and counts once"
    )
    importer.decide("amounts of orders", listed, "the same on all lines of every order")
    moved = {"gross_amount" if n == "amount" else n: mapping.line_columns[n] for n in of_orders}
    rest = {n: source for n, source in mapping.line_columns.items() if n not in of_orders}
    return replace(mapping, columns=mapping.columns | moved, line_columns=rest)


def stop_at_strangers(importer: Importer, writer: OrderWriter, strangers: int, ids: int) -> None:
    """Stop where order ids that several files have are of other customers and days in each."""
    if importer.grain != "version" and strangers * 2 > ids:
        raise DecisionNeededError(
            f"{writer.rows.names}: {strangers:,} order ids appear in several files with other"
            ' customers and days; say what the files are with --vars "{store: file}" (shops of'
            ' their own) or --vars "{grain: version}" (versions of an order, of which the last'
            " counts)"
        )


def stop_at_repeats(writer: OrderWriter, ids: str) -> None:
    """Stop, or ask what rows with the same order id are."""
    raise DecisionNeededError(
        f"{writer.rows.names}: {ids} repeat with different contents; say what the rows are with"
        ' --vars "{grain: line}" (lines of an order, which are summed) or'
        ' --vars "{grain: version}" (versions of an order, of which the last counts)'
    )


def is_of_line(column: str) -> bool:
    """Return whether the name of a column says that it holds something of a line of an order."""
    return bool(set(words_of(column)) & known_words("table", "says_line")) or plain(
        column
    ).startswith("line")


def is_total_column(column: str) -> bool:
    """Return whether a column is called the total of an order."""
    return name_scores(column).get("total_amount", 0) >= THRESHOLD
