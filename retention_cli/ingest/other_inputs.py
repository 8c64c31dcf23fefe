"""Files of customers, refunds, costs, answers and exchange rates as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from retention_cli.ingest.column_readings import hints_of, readings_of
from retention_cli.ingest.errors import NotUsableError
from retention_cli.ingest.formats import ORDER_COLUMNS, Source
from retention_cli.ingest.imported import MOST_SEGMENT_VALUES, OTHER_INPUTS, PARQUET, Count
from retention_cli.ingest.lines_apart import minor_units
from retention_cli.ingest.mapping import profile, text_of
from retention_cli.ingest.names import (
    is_personal,
    known_words,
    plain,
    synonyms,
    unit_words,
    words_of,
)
from retention_cli.ingest.records import RowQuery, Rows, phone_table
from retention_cli.ingest.same_rows import REASON, without_same_rows
from retention_cli.ingest.tables import Table, literal, one, parquet_columns, quoted
from retention_cli.ingest.values import MONEY

if TYPE_CHECKING:
    from retention_cli.ingest.importing import Importer

LEAST_REPEATS = 20  # orders of which one at least would be a second one
# Inputs of which a row may come without an id of its own, and that.
OWN_IDS = {"raw_costs": "", "raw_refunds": "refund_id", "raw_survey_responses": "response_id"}
STARTS_OF_VERSIONS = {"dbtvalidfrom", "fivetranstart", "validfrom", "effectivefrom"}
# Columns by which dbt would take the tax out once more.
WHAT_TAX_IS_TOLD_BY = {"taxesincluded", "taxincluded", "pricesincludetax", "totalamount"}


def import_other(importer: Importer, input_name: str, tables: list[Table]) -> None:
    """Write a file of customers, refunds, costs, answers or exchange rates as Parquet."""
    needed, optional = OTHER_INPUTS[input_name]
    whole = tables[0] if len(tables) == 1 else importer.whole(tables)
    chosen = importer.choices(tables[0], input_name, whole.columns)
    kept = importer.kept.get(input_name, {}).get("columns") if importer.kept else None
    found = dict(kept or columns_of(whole, [*needed, *optional]))
    if input_name == "raw_customers" and not kept:
        # In a history table updated_at may be set once more when a version ends.
        starts = [column for column in whole.columns if plain(column) in STARTS_OF_VERSIONS]
        found |= {"updated_at": starts[0]} if starts else {}
    found |= chosen
    ids = [column for column in whole.columns if plain(column) == "id"]
    if input_name == "raw_customers" and "customer_id" not in found and ids:
        found["customer_id"] = ids[0]
    by_address = input_name == "raw_customers" and "email" in found
    for name in needed:
        if name not in found and not by_address:
            raise NotUsableError(
                f"{tables[0].path.name}: no column is {name} (found: {', '.join(whole.columns)});"
                f' name it with --vars "{{columns: {{{input_name}: {{{name}: <column>}}}}}}"'
            )
    rows, same = importer.together(tables, input_name), 0
    if input_name in OWN_IDS and OWN_IDS[input_name] not in found:
        rows, same = without_same_rows(importer, rows, tables)
    spelled = {plain(column): column for column in rows.columns}
    found = {
        name: spelled[plain(column)] for name, column in found.items() if plain(column) in spelled
    }
    importer.result.other_mappings[input_name] = found
    hints = hints_of(importer, importer.result.mapping)
    dates = {
        found[n]: Source(of=(found[n],))
        for n in found
        if n.endswith("_at") or n in {"spent_on", "valid_from"}
    }
    numbers = [found[n] for n in found if n.endswith("amount") or n in {"score", "rate"}]
    money = {found[n] for n in found if n.endswith("amount")}
    readings = readings_of(importer, rows, dates, numbers, money, hints)
    query = RowQuery(rows, readings, importer.workspace, hints)
    values: dict[str, str] = {}
    for name, column in found.items():
        values[name] = other_value(importer, query, name, column, rows)
    cents = [n for n in numbers if unit_words(n)[1] and input_name != "raw_survey_responses"]
    if cents and all(
        seen.whole for name, seen in profile(whole, importer.workspace).items() if name in cents
    ):
        query.atoms["minor_units"] = minor_units(importer, rows.names)
        for name in [name for name in found if name.endswith("amount")]:
            if found[name] in cents:
                values[name] = f"cast(({values[name]}) / minor_units as {MONEY})"
    if input_name == "raw_refunds":
        complete_refunds(importer, values, rows, found)
    if input_name == "raw_costs" and "purpose" not in values:
        values["purpose"] = "'acquisition'"
        importer.say("costs have no purpose; all count as acquisition")
    if input_name == "raw_survey_responses" and "response_id" not in values:
        values["response_id"] = "'R' || file_name || row_number"
        importer.say("responses have no id; ids are generated")
    if by_address and "customer_id" not in found:
        text = query.plain_text(Source(of=(found["email"],)))
        values = {"customer_id": f"private_id({text})", **values}
        importer.say(f"customers have no id; {found['email']} is theirs")
        identity = importer.settings.get("customer_identity")
        if (identity or importer.result.mapping.customer_identity) == "customer_id":
            importer.say(
                "orders name customers by their ids, so nothing of the customers' file is known of"
                ' them; --vars "{customer_identity: email}" identifies people by address'
            )
    for name in needed:
        column = found.get(name) or found["email"]
        query.reject(f"{name} is null", f"{name} is empty", [column])
    used = set(found.values())
    if input_name == "raw_customers":
        values |= segments_of(importer, query, rows, used, ())
    name = importer.workspace.next_name()
    importer.connection.execute(f"create table {name} as {query.sql(literal('record'), values)}")
    importer.collect_rejects(
        name, input_name, query, "reason is not null", "amount" if "amount" in values else ""
    )
    path = importer.out / f"{PARQUET[input_name]}.parquet"
    columns = ", ".join(quoted(column) for column in values)
    importer.copy(f"select {columns} from {name} where reason is null", path)
    importer.result.outputs[input_name] = path
    dropped = sum(t.footers for t in tables) + same
    count = Count(raw=sum(t.raw_rows for t in tables), dropped=dropped)
    if same:
        importer.result.reasons.append((input_name, REASON, same))
    count.accepted, rejected = one(
        importer.connection, f"select count(*) filter (reason is null), count(reason) from {name}"
    )
    count.rejected = rejected + sum(len(t.damaged) for t in tables)
    importer.result.counts[input_name] = count


def settle_people(importer: Importer) -> None:
    """Name people by the id that several ids of customers share, where each order has an id of its own."""
    orders = importer.result.orders
    if not orders:
        return
    names = parquet_columns(importer.connection, orders)
    if "customer_id" not in names or importer.result.mapping.customer_identity != "customer_id":
        return
    # Nearly always some of the first customers come back, so that not all need to be looked at.
    for limit in ["limit 20000", "limit 200000", ""]:
        number, ids = one(
            importer.connection,
            "select count(customer_id), count(distinct customer_id)"
            f" from (from {literal(str(orders))} {limit})",
        )
        if number != ids:
            break
    path = importer.result.outputs.get("raw_customers")
    if path and "person_id" in importer.result.other_mappings["raw_customers"]:
        customers = f"(from {literal(str(path))})"
        records, people, several = one(
            importer.connection,
            "select count(distinct customer_id), count(distinct person_id), max(people) from"
            f" (select *, count(distinct person_id) over (partition by customer_id) as people from {customers})",
        )
        column = importer.result.other_mappings["raw_customers"]["person_id"]
        if number and number == ids and people < records and several == 1:
            rewrite(
                importer,
                orders,
                f"select * exclude (person_id) replace (coalesce(person_id, customer_id) as customer_id)"
                f" from {literal(str(orders))} left join (select distinct customer_id, person_id"
                f" from {customers}) using (customer_id)",
            )
            rewrite(
                importer,
                path,
                "select * exclude (person_id) replace (coalesce(person_id, customer_id) as customer_id)"
                f" from {literal(str(path))}",
            )
            importer.say(
                f"each order has a customer_id of its own; {column} of the customers says who ordered"
            )
            importer.decide(
                "customer_id", column, f"{records:,} ids of customers stand for {people:,}"
            )
            return
        rewrite(importer, path, f"select * exclude (person_id) from {literal(str(path))}")
    if number >= LEAST_REPEATS and number == ids:
        importer.say(
            "no customer has a second order: where customer_id is a new one for each order, name the"
            " column that says who ordered"
        )


def rewrite(importer: Importer, path: Path, select: str) -> None:
    """Replace a Parquet file by a query over it."""
    new = path.with_suffix(".new")
    importer.copy(select, new)
    new.replace(path)


def columns_of(table: Table, meanings: list[str]) -> dict[str, str]:
    """Return the column of each meaning of an input with few columns, by names."""
    found: dict[str, str] = {}
    cents = known_words("table", "minor_units")
    header = {
        "".join(word for word in words_of(column) if word not in cents): column
        for column in table.columns
    }
    header |= {plain(column): column for column in table.columns}
    own = synonyms()["inputs"]
    general = synonyms()["columns"]
    for meaning in meanings:
        names = [meaning, *own.get(meaning, []), *general.get(meaning, [])]
        for name in names:
            column = header.get(plain(name))
            if column and column not in found.values():
                found[meaning] = column
                break
    return found


def other_value(importer: Importer, query: RowQuery, name: str, column: str, rows: Rows) -> str:
    """Return SQL of a canonical column of an input with few columns."""
    source = Source(of=(column,))
    if name.endswith("amount") or name in {"score", "rate"}:
        return query.amount(source, name)
    if name in {"spent_on", "valid_from"}:
        return f"cast({query.moment(source, name)} as date)"
    if name.endswith("_at"):
        return query.moment(source, name)
    if name == "email":
        return f"keyed_email({query.text(column)})"
    if name == "phone":
        table = phone_table(rows, column, importer.workspace, importer.country)
        return f"(select p.phone from {table} as p where p.raw = {query.text(column)})"
    text = query.plain_text(source, is_id=name.endswith("_id"))
    if name in {"customer_id", "referred_by_customer_id"}:
        return customer_sql(importer, text)
    if name.endswith("_id"):
        return f"private_id(plain_id({text}))"
    return f"shareable({text})"


def customer_sql(importer: Importer, text: str) -> str:
    """Return SQL of a customer's id: a name or an address only as its keyed hash."""
    if importer.result.mapping.customer_is_name:
        return f"case when not is_nobody({text}) then keyed_name({text}) end"
    return f"private_id(plain_id({text}))"


def complete_refunds(
    importer: Importer, values: dict[str, str], rows: Rows, found: dict[str, str]
) -> None:
    """Turn the amounts of refunds to positive ones where all are negative; make ids."""
    text = text_of(found["amount"], rows.types[found["amount"]])
    positive, negative = one(
        importer.connection,
        f"select count(*) filter (not starts_with(money_text(v), '-')),"
        f" count(*) filter (starts_with(money_text(v), '-'))"
        f" from (select {text} as v from {rows.relation}) where v is not null",
    )
    rest = [values.pop(n) for n in ["tax_amount", "shipping_amount"] if n in values]
    if rest and "goods_amount" not in values:
        values["goods_amount"] = (
            f"({values['amount']} - {' - '.join(f'coalesce({sql}, 0)' for sql in rest)})"
        )
        importer.say("refunds state their tax or shipping; the rest of the amount is goods")
    if negative and not positive:
        values["amount"] = f"-({values['amount']})"
        if "goods_amount" in values:
            values["goods_amount"] = f"-({values['goods_amount']})"
        importer.decide("refunds.sign", "negative", f"all {negative} amounts are negative")
    if "refund_id" not in values:
        of_file = " || '-' || left(md5(file_name), 6)" if ", " in rows.names else ""
        values["refund_id"] = f"{values['order_id']} || '-refund-' || row_number{of_file}"
        importer.say("refunds have no id; ids are generated")


def segments_of(
    importer: Importer, query: RowQuery, rows: Rows, used: set[str], personal: tuple[str, ...]
) -> dict[str, str]:
    """Return SQL of the other columns that say nothing personal and have few values."""
    hidden = {plain(name) for name in personal}
    others = [
        column
        for column in rows.columns
        if column not in used
        and not is_personal(column)
        and plain(column) not in hidden | WHAT_TAX_IS_TOLD_BY
    ]
    taken = set(ORDER_COLUMNS) | {"kind", "reason", "row_number", "file_name"}
    found = {}
    for column in others:
        text = text_of(column, rows.types[column])
        values, addresses, long = one(
            importer.connection,
            f"select count(distinct v), count(*) filter (contains(v, '@')), max(length(v))"
            f" from (select {text} as v from {rows.relation} limit 20000)",
        )
        if values and not addresses and values <= MOST_SEGMENT_VALUES and long <= 80:
            name = column if column.lower() not in taken else f"{column}_"
            found[name] = f"shareable({query.text(column)})"
    return found
