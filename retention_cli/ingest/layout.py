"""Rows that stand for more than themselves: what is written once above or beside several rows is theirs, too."""

from dataclasses import replace

from retention_cli.ingest.formats import AMOUNTS, Mapping
from retention_cli.ingest.mapping import text_of
from retention_cli.ingest.tables import Table, Workspace, one, quoted

GOODS = ["product_id", "product_name"]
ABOUT_ORDERS = ["order_id", "customer_id", "email", "phone", "ordered_at", "status", "currency", "store"]  # fmt: skip


def ungrouped(table: Table, workspace: Workspace) -> Table:
    """Return a report in groups as a table: each row has the first column of the line above its group.

    It is one where the first column is filled only on lines without anything else, and on lines of totals.
    """
    if table.reading.kind not in {"text", "workbook"} or len(table.columns) < 3:
        return table
    connection = workspace.connection
    texts = [text_of(column, kind) for column, kind in table.types.items()]
    rest = f"coalesce({', '.join(texts[1:])})"
    kind = (
        f"case when {texts[0]} is null then case when {rest} is null then 'empty' else 'row' end"
        f" when begins_with_total({texts[0]}) then 'total'"
        f" when {rest} is null then 'group' else 'other' end"
    )
    # Rows without numbers are those of a large file, which is no report for people.
    if connection.execute(f"select row_number from {table.relation} limit 1").fetchone() in {
        None,
        (None,),
    }:
        return table
    (has_blanks,) = one(
        connection,
        f"select count(*) filter ({texts[0]} is null) * 10 > count(*) from {table.relation}",
    )
    if not has_blanks:
        return table
    groups, rows, others, first, first_row = one(
        connection,
        f"select count(*) filter (kind = 'group'), count(*) filter (kind = 'row'),"
        f" count(*) filter (kind = 'other'), min(row_number) filter (kind = 'group'),"
        f" min(row_number) filter (kind = 'row')"
        f" from (select row_number, {kind} as kind from {table.relation})",
    )
    if not groups or not rows or others or first > first_row:
        return table
    column = quoted(table.columns[0])
    name = workspace.next_name()
    connection.execute(
        f"create table {name} as select * exclude (kind) replace ("
        f"last_value(case when kind = 'group' then {column} end ignore nulls)"
        f" over (order by row_number) as {column})"
        f" from (select *, {kind} as kind from {table.relation})"
        " qualify kind = 'row' order by row_number"
    )
    note = f"the rows stand in {groups:,} groups; {table.columns[0]} is that of the line above each"
    return replace(
        table,
        relation=name,
        rows=rows,
        footers=table.footers + table.rows - rows,
        notes=[*table.notes, note],
    )


def carried_down(table: Table, mapping: Mapping, workspace: Workspace) -> tuple[Table, Mapping]:
    """Return a table in which what stands on the first row of an order only stands on all, and its mapping.

    It is one where each row without an order's id has neither its date nor its customer, but goods.
    """
    columns = mapping.columns
    goods = [c for n in GOODS if n in mapping.line_columns for c in mapping.line_columns[n].of]
    if mapping.grain not in {"order", "line"} or not goods or "order_id" not in columns:
        return table, mapping

    def filled(names: list[str]) -> str:
        return f"coalesce(null, {', '.join(text_of(c, table.types[c]) for c in names)}) is not null"

    about = {
        n: [c for c in columns[n].of if c in table.types] for n in ABOUT_ORDERS if n in columns
    }
    key = about["order_id"]
    who_and_when = [
        c for n in ["customer_id", "email", "phone", "ordered_at"] for c in about.get(n, [])
    ]
    goods = [c for c in goods if c in table.types]
    if not key or not goods or not who_and_when:
        return table, mapping
    connection = workspace.connection
    blanks, lines, first, first_blank = one(
        connection,
        f"select count(*) filter (not {filled(key)}),"
        f" count(*) filter (not {filled(key)} and not {filled(who_and_when)} and {filled(goods)}),"
        f" min(row_number) filter ({filled(key)}), min(row_number) filter (not {filled(key)})"
        f" from {table.relation}",
    )
    if not blanks or lines < blanks or first is None or first_blank is None or first > first_blank:
        return table, mapping
    amounts = [n for n in AMOUNTS if n in columns and set(columns[n].columns) <= set(table.types)]
    below = one(
        connection,
        "select "
        + ", ".join(
            [*(f"coalesce(bool_or({filled(columns[n].columns)}), false)" for n in amounts), "0"]
        )
        + f" from {table.relation} where not {filled(key)}",
    )
    of_lines = [n for n, is_below in zip(amounts, below, strict=False) if is_below]
    taken = list(dict.fromkeys(c for names in about.values() for c in names))
    name = workspace.next_name()
    replaced = ", ".join(
        f"coalesce({quoted(c)}, first_value({quoted(c)}) over (partition by order_number"
        f" order by row_number)) as {quoted(c)}"
        for c in taken
    )
    connection.execute(
        f"create table {name} as select * exclude (order_number) replace ({replaced}) from ("
        f"select *, count(*) filter ({filled(key)}) over (order by row_number) as order_number"
        f" from {table.relation}) order by row_number"
    )
    note = f"{blanks:,} rows name no order: they are lines of the order above"
    carried = replace(table, relation=name, notes=[*table.notes, note])
    if mapping.grain == "line":
        return carried, mapping
    made = {("amount" if n == "gross_amount" else n): columns[n] for n in of_lines}
    mapping = replace(
        mapping,
        grain="line",
        columns={n: s for n, s in columns.items() if n not in of_lines},
        line_columns={**mapping.line_columns, **made},
    )
    return carried, mapping
