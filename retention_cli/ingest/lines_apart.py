"""Lines of orders that are in files of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from retention_cli.ingest import formats
from retention_cli.ingest.column_readings import read_columns
from retention_cli.ingest.errors import NotUsableError
from retention_cli.ingest.formats import Mapping, Source, TaxIncluded
from retention_cli.ingest.imported import HUNDREDTHS, MOST_SEGMENT_VALUES, Count
from retention_cli.ingest.mapping import (
    SHARES,
    YES,
    distinct_texts,
    holds_tax_by_name,
    in_cents,
    profile,
    propose_columns,
    share_of,
    text_of,
    with_share,
)
from retention_cli.ingest.records import WITH_THREE_DECIMALS, WITHOUT_DECIMALS, RowQuery, Rows
from retention_cli.ingest.same_rows import REASON, without_same_rows
from retention_cli.ingest.tables import Table, listed, literal, one
from retention_cli.ingest.taxes import LEAST_TAX, ROUNDING
from retention_cli.ingest.values import MONEY
from retention_cli.ingest.which_input import all_columns, distinct_names, own_words

if TYPE_CHECKING:
    from retention_cli.ingest.importing import Importer


def import_lines(importer: Importer, tables: list[Table]) -> str:
    """Read a file of lines; return a table with their amounts by order.

    The rows are typed: order_id, product_id, product_name, product_category, quantity, amount
    and the other amounts of lines.
    """
    whole = tables[0] if len(tables) == 1 else importer.whole(tables)
    columns = all_columns(whole)
    chosen = importer.choices(tables[0], "raw_order_lines", columns)
    recognised = formats.recognise(columns, [], "lines")
    if recognised:
        content = formats.ready_formats()[recognised]
        mapping = formats.resolve(recognised, content, whole.columns)
    else:
        proposals = propose_columns(whole, profile(whole, importer.workspace), importer.workspace)
        found = {p.meaning: p.column for p in proposals if p.score >= 0.6} | chosen
        for p in proposals:
            if p.score >= 0.6:
                importer.decide(
                    f"lines.{p.meaning}", p.column, f"{p.evidence}, score {p.score:.2f}"
                )
        mapping = line_mapping(importer, whole, found)
    if "order_id" not in mapping.columns:
        raise NotUsableError(
            f"{tables[0].path.name}: no column is the order_id of a line"
            f" (found: {', '.join(columns)}); name it with"
            ' --vars "{columns: {raw_order_lines: {order_id: <column>}}}"'
        )
    if "amount" not in mapping.line_columns:
        raise NotUsableError(
            f"{tables[0].path.name}: no column is the amount or the price of a line"
            f" (found: {', '.join(columns)}); name it with"
            ' --vars "{columns: {raw_order_lines: {amount: <column>}}}"'
        )
    rows, same = without_same_rows(importer, importer.together(tables, "raw_order_lines"), tables)
    mapping = importer.named_together(replace(mapping, grain="line"), rows)
    readings, hints = read_columns(importer, rows, mapping)
    query = RowQuery(rows, readings, importer.workspace, hints)
    if any(source.minor_units for source in mapping.line_columns.values()):
        query.atoms["minor_units"] = minor_units(importer, rows.names)
    values = {
        "order_id": f"private_id(plain_id({query.plain_text(mapping.columns['order_id'], is_id=True)}))"
    }
    if "store" in mapping.columns:
        values["store"] = f"shareable({query.plain_text(mapping.columns['store'])})"
    elif importer.store and (store := stores_of_lines(importer, tables)):
        values["store"] = store
    values |= line_values(query, mapping)
    take_tax_out_of_lines(importer, query, mapping, values)
    query.reject("order_id is null", "order_id is empty", mapping.columns["order_id"].columns)
    query.reject("amount is null", "amount is empty", mapping.line_columns["amount"].columns)
    name = importer.workspace.next_name()
    importer.connection.execute(f"create table {name} as {query.sql(literal('line'), values)}")
    importer.collect_rejects(name, "raw_order_lines", query, "reason is not null", "amount")
    dropped = sum(t.footers for t in tables) + same
    count = Count(raw=sum(t.raw_rows for t in tables), dropped=dropped)
    if same:
        importer.result.reasons.append(("raw_order_lines", REASON, same))
    (count.accepted, rejected) = one(
        importer.connection, f"select count(*) filter (reason is null), count(reason) from {name}"
    )
    count.rejected = rejected + sum(len(t.damaged) for t in tables)
    importer.result.counts["raw_order_lines"] = count
    return name


def currencies_of(importer: Importer, rows: Rows, mapping: Mapping) -> list[str]:
    """Return the codes of the currencies of orders that a column or the name of one says."""
    source = mapping.columns.get("currency")
    if not source or not source.of:
        return [source.constant.upper()] if source and source.constant else []
    text = text_of(source.of[0], rows.types[source.of[0]])
    found = distinct_texts(importer.connection, rows.relation, text, MOST_SEGMENT_VALUES)
    return [code.upper() for code in found]


def minor_units(importer: Importer, names: str) -> str:
    """Return SQL of the minor units that make one in a file without currencies, as lines and refunds are.

    Raises:
        NotUsableError: the orders have currencies of other minor units than one another.
    """
    codes = importer.order_currencies() or [str(importer.settings.get("reporting_currency") or "")]
    units = {one(importer.connection, f"select {units_of(literal(code))}")[0] for code in codes}
    if len(units) > 1:
        raise NotUsableError(
            f"{names}: amounts are in minor units such as cents, which {', '.join(codes)} have"
            " different ones of; give them in whole units"
        )
    if codes == [""]:
        importer.say(HUNDREDTHS)
    return str(units.pop())


def take_tax_out_of_lines(
    importer: Importer, query: RowQuery, mapping: Mapping, values: dict[str, str]
) -> None:
    """Take the tax out of lines that have their own, where something says that their prices hold it."""
    tax, amount = mapping.tax_included, mapping.line_columns["amount"]
    importer.lines_hold_tax = ""
    if tax and tax.column:
        text = f"lower({query.text(tax.column)})"
        importer.lines_hold_tax = f"coalesce({text} in ({', '.join(map(literal, YES))}), false)"
    elif tax and tax.always:
        importer.lines_hold_tax = "true"
        importer.say(f"{amount.of[0]}: includes tax according to its name; the tax is taken out")
    own = values.get("tax_amount")
    whole = values["amount"]
    if "discount_amount" in values:
        whole = f"({whole} - coalesce({values['discount_amount']}, 0))"
    if own and tax and tax.total:
        # Where the amount of a line is larger than its price by just the tax, the price is the goods'.
        total = query.amount(replace(amount, of=(tax.total,), times=()), tax.total)
        rest = f"abs({total} - ({whole}"
        (added, others) = one(
            importer.connection,
            "select count(*) filter (is_added), count(*) filter (not is_added) from ("
            + query.sql(
                literal(""),
                {"is_added": f"{rest} + {own})) <= {ROUNDING}", "tax": f"abs({own})"},
            )
            + f") where tax > {LEAST_TAX}",
        )
        if added > others:
            importer.decide(
                "lines.tax_included", "prices are without it", f"{added:,} lines add it"
            )
            importer.lines_hold_tax = "false"
        else:
            values["amount"] = total
    if not importer.lines_hold_tax:
        return
    if own:
        share = (
            f"case when {importer.lines_hold_tax} and abs({own}) < abs({whole}) then 1"
            f" - abs(cast({own} as double)) / abs(cast({whole} as double)) else 1 end"
        )
        for name in ["amount", "discount_amount"]:
            if name in values:
                values[name] = (
                    f"cast(round(cast({values[name]} as double) * ({share}), 4) as {MONEY})"
                )
        importer.lines_hold_tax = "false"
    else:
        values["holds_tax"] = importer.lines_hold_tax


def stores_of_lines(importer: Importer, tables: list[Table]) -> str:
    """Return SQL of the shop of a line: that of the file of orders whose name has the same words.

    "" where a file of lines has the words of no file of orders.
    """
    orders = [
        path
        for path, _ in importer.request.files["raw_orders"]
        if path not in [t.path for t in tables]
    ]
    lines = [table.path for table in tables]
    stores = dict(zip(own_words(orders), distinct_names(orders), strict=True))
    cases = []
    for words, file_name in zip(own_words(lines), distinct_names(lines), strict=True):
        if words not in stores:
            return ""
        cases.append(f"when {literal(file_name)} then {literal(stores[words])}")
    return store_of(f"case file_name {' '.join(cases)} end")


def line_mapping(importer: Importer, table: Table, found: dict[str, str]) -> Mapping:
    """Return what the columns of a file of lines mean, of the columns found by meaning."""
    lines: dict[str, Source] = {}
    for meaning in ["product_id", "product_name", "product_category", "quantity"]:
        if meaning in found:
            lines[meaning] = Source(of=(found[meaning],))
    profiles = profile(table, importer.workspace)
    discount = found.get("discount_amount")
    share = share_of(discount, profiles) if discount else ""
    price = found.get("unit_price")
    amount = found.get("amount") or found.get("gross_amount") or found.get("total_amount")
    quantity = (found["quantity"],) if "quantity" in found else ()
    if amount:
        lines["amount"] = Source(of=(amount,))
    elif price:
        lines["amount"] = Source(of=(price,), times=quantity)
    if discount and share and not amount and price:
        lines["discount_amount"] = with_share(lines["amount"], discount, share)
        importer.say(f"{discount}: taken as {SHARES[share]} of the price")
    elif discount and not share:
        lines["discount_amount"] = Source(of=(discount,), sign="either")
    elif discount:
        importer.say(
            f"{discount}: not used, as the amount of a line is given and shares may be in it"
        )
    for meaning in ["shipping_amount", "tax_amount", "cost_amount"]:
        if meaning in found:
            lines[meaning] = Source(of=(found[meaning],))
    lines = {
        name: replace(source, minor_units=name != "quantity" and in_cents(source, profiles))
        for name, source in lines.items()
    }
    columns = {n: Source(of=(found[n],)) for n in ["order_id", "store"] if n in found}
    tax = None
    used = lines["amount"].of[0] if "amount" in lines else ""
    if "tax_included" in found:
        tax = TaxIncluded(column=found["tax_included"])
    elif used and holds_tax_by_name(used):
        tax = TaxIncluded(always=True)
    elif amount and price and "tax_amount" in found:
        lines["amount"] = replace(lines["amount"], of=(price,), times=quantity)
        tax = TaxIncluded(total=amount, equals=(price,))
    return Mapping(grain="line", columns=columns, line_columns=lines, tax_included=tax)


def line_values(query: RowQuery, mapping: Mapping) -> dict[str, str]:
    """Return SQL of the columns of a line."""
    values = {}
    for name, source in mapping.line_columns.items():
        if name in {"quantity", "amount"} or name.endswith("_amount"):
            values[name] = query.amount(source, name)
        elif name == "product_id":
            values[name] = f"private_id({query.plain_text(source, is_id=True)})"
        else:
            values[name] = f"shareable({query.plain_text(source)})"
    return values


def store_of(file_name: str) -> str:
    """Return SQL of the shop that a file is of, with `store: file`."""
    return f"shareable(regexp_replace({file_name}, '\\.[^/]*$', ''))"


def units_of(code: str) -> str:
    """Return SQL of how many minor units make one of a currency; `code` is SQL of its code."""
    return (
        f"case when upper({code}) in ({listed(WITHOUT_DECIMALS)}) then 1"
        f" when upper({code}) in ({listed(WITH_THREE_DECIMALS)}) then 1000 else 100 end"
    )
