"""Orders of which each has several rows, and their lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from retention_cli.ingest.formats import AMOUNTS, LINE_AMOUNTS, LINE_COLUMNS, ORDER_COLUMNS
from retention_cli.ingest.grain import stop_at_strangers
from retention_cli.ingest.imported import MOST_SEGMENT_VALUES, PART_OF_ORDER
from retention_cli.ingest.mapping import distinct_texts
from retention_cli.ingest.names import plain, status_means
from retention_cli.ingest.refund_rows import write_refunds
from retention_cli.ingest.tables import literal, one, quoted
from retention_cli.ingest.values import MONEY

if TYPE_CHECKING:
    from retention_cli.ingest.order_writer import OrderWriter


def write_grouped(writer: OrderWriter) -> None:
    """Write orders of which each has several rows, and their lines."""
    importer, connection = writer.importer, writer.connection
    rows = importer.workspace.next_name()
    connection.execute(f"create table {rows} as {writer.query.sql(writer.kind, writer.values)}")
    keys = ["order_id", *(["store"] if "store" in writer.values else [])]
    key = ", ".join(keys)
    same = " and ".join(f"r.{k} is not distinct from b.{k}" for k in keys)
    leave_out_older_exports(writer, rows, key, same)
    leave_out_cancelled_lines(writer, rows, same)
    # An order with a row that cannot be read would be too small without it.
    connection.execute(
        f"""
        update {rows} as r set reason = 'another row of the order cannot be used'
        from (select distinct {key} from {rows}
            where reason is not null and order_id is not null and kind <> 'older') as b
        where {same} and r.reason is null and r.kind not in ('dropped', 'older')
        """
    )
    firsts = []
    for name in [n for n in ORDER_COLUMNS if n in writer.values and n not in {*keys, "ordered_at"}]:
        firsts.append(f"arg_min({name}, row_number) as {name}")
    for name in writer.segments:
        firsts.append(f"arg_min({quoted(name)}, row_number) as {quoted(name)}")
    for name in [
        "refunded_at",
        "refund_total",
        "refunded_order",
        "own_refund_id",
    ]:
        if name in writer.values:
            firsts.append(f"arg_min({name}, row_number) as {name}")
    if "refund_amount" in writer.values:
        adds_up = writer.mapping.refunds.where_from == "rows" or refunds_are_of_lines(
            writer, rows, key
        )
        amount = "sum(refund_amount)" if adds_up else "arg_min(refund_amount, row_number)"
        firsts.append(f"cast({amount} as {MONEY}) as refund_amount")
    for name in LINE_AMOUNTS:
        if f"line_{name}" in writer.values:
            goods = " filter (kind not in ('shipping', 'tip'))" if name == "amount" else ""
            firsts.append(f"cast(sum(line_{name}){goods} as {MONEY}) as sum_{name}")
    if "line_amount" in writer.values:
        firsts.append(
            f"cast(sum(line_amount) filter (kind = 'shipping') as {MONEY}) as sum_shipping_lines"
        )
    grouped = importer.workspace.next_name()
    # What is paid back of an order on several days are several refunds.
    alike = f"{key}, case when kind = 'refund' then ordered_at end"
    connection.execute(
        f"""
        create table {grouped} as
        select {key}, min(ordered_at) as ordered_at, count(*) as rows,
            min(row_number) as row_number, any_value(file_name) as file_name,
            case when kind = 'refund' then 'refund' else 'order' end as kind,
            {", ".join(firsts)}
        from {rows}
        where reason is null and kind in ('line', 'shipping', 'tip', 'refund')
        group by {alike}, case when kind = 'refund' then 'refund' else 'order' end
        """
    )
    amounts = {}
    for name in AMOUNTS:
        line = "amount" if name == "gross_amount" else name
        parts = [name] if name in writer.values else []
        # A line without its order is no order: its amount would be a part of one.
        is_own = name == "gross_amount" and name in writer.values
        parts += [f"sum_{line}"] if f"line_{line}" in writer.values and not is_own else []
        if name == "shipping_amount" and "line_amount" in writer.values and writer.mapping.shipping:
            parts.append("sum_shipping_lines")
        if parts:
            amounts[name] = f"coalesce({', '.join(parts)})"
    finished = importer.workspace.next_name()
    rest_columns = [n for n in writer.order_columns() if n not in AMOUNTS]
    selected = [quoted(n) for n in rest_columns]
    selected += [f"{sql} as {name}" for name, sql in amounts.items()]
    extra = [
        n
        for n in [
            "refund_amount",
            "refunded_at",
            "refund_total",
            "refunded_order",
            "own_refund_id",
        ]
        if n in writer.values
    ]
    connection.execute(
        f"""
        create table {finished} as
        select *, case
            when kind = 'order' and gross_amount < 0 then 'refund' else kind end as final_kind,
            case when ordered_at is null then 'ordered_at is empty'
                when gross_amount is null and kind = 'order' then 'gross_amount is empty' end as order_reason
        from (select {", ".join([*selected, *extra])}, rows, row_number, file_name, kind from {grouped})
        """
    )
    path = importer.out / "orders.parquet"
    columns = ", ".join(quoted(n) for n in [*rest_columns, *amounts])
    importer.copy(
        f"select {columns} from {finished} where final_kind = 'order' and order_reason is null",
        path,
    )
    (orders,) = one(connection, f"select count(*) from {literal(str(path))}")
    total, rejected, unfit = one(
        connection,
        f"select (select count(*) from {rows}), (select count(*) from {rows} where reason is not null),"
        f" (select coalesce(sum(rows), 0) from {finished} where order_reason is not null)",
    )
    importer.collect_rejects(
        rows,
        "raw_orders",
        writer.query,
        "reason is not null",
        "line_amount" if "line_amount" in writer.values else writer.amount_name(),
    )
    importer.rejects.append(
        f"select 'raw_orders', file_name, row_number, order_id, order_reason, null, 0"
        f" from {finished}, generate_series(1, rows) where order_reason is not null"
    )
    kinds = connection.execute(
        f"select kind, count(*) from {rows} where reason is null and kind in ('dropped', 'footer', 'older', 'cancelled') group by 1"
    ).fetchall()
    dropped = sum(number for _, number in kinds)
    for kind, number in kinds:
        why = {
            "dropped": "not an order, by its kind",
            "older": "older version of an order",
            "cancelled": "line whose status is no purchase",
            "footer": "line of totals, or empty",
        }[kind]
        importer.result.reasons.append(("raw_orders", f"left out: {why}", number))
    writer.count.rejected += rejected + int(unfit)
    writer.count.dropped += dropped
    writer.count.accepted += total - rejected - int(unfit) - dropped
    importer.say(f"{total:,} rows are lines of {orders:,} orders")
    importer.result.outputs["raw_orders"] = path
    write_lines(writer, rows, path)
    if writer.mapping.refunds.where_from == "columns":
        write_refunds(writer, finished, path, f"(select *, null as reason from {finished})")
    else:
        write_refunds(
            writer,
            f"(select * replace (final_kind as kind), order_reason as reason from {finished})",
            path,
            finished,
        )
    writer.sum_money(path)


def refunds_are_of_lines(writer: OrderWriter, rows: str, key: str) -> bool:
    """Return whether a column of refunds holds what of each line was paid back, and so adds up.

    A ready mapping says whose they are. Else those of an order are the same on all of its lines, or on one.
    """
    if writer.mapping.name != "generic":
        return False
    discount = (
        "coalesce(line_discount_amount, 0)" if "line_discount_amount" in writer.values else "0"
    )
    own = f"line_amount - {discount}" if "line_amount" in writer.values else "null"
    differ, refunded, whole = one(
        writer.connection,
        f"""
        select count(*) filter (different), count(*), count(*) filter (is_whole)
        from (
            select
                count(distinct coalesce(refund_amount, 0)) > 1 as different,
                bool_and(coalesce(refund_amount = {own}, false)) as is_whole
            from {rows} where kind = 'line' and reason is null
            group by {key} having count(*) > 1 and max(abs(refund_amount)) > 0
        )
        """,
    )
    if not differ and (not refunded or whole < refunded):
        return False
    writer.importer.say("what was paid back differs between the lines of an order, and is summed")
    return True


def leave_out_cancelled_lines(writer: OrderWriter, rows: str, same: str) -> None:
    """Leave out the lines that are no purchase by their status, where other lines of the order are one."""
    if "status" not in writer.values:
        return
    listed = ", ".join(literal(status) for status in writer.no_purchases) or "''"
    writer.connection.execute(
        f"""
        update {rows} as r set kind = 'cancelled'
        where r.kind = 'line' and r.reason is null and lower(r.status) in ({listed})
            and exists (
                select 1 from {rows} as b
                where {same} and b.kind = 'line' and b.reason is null
                    and lower(b.status) not in ({listed}) -- and not empty, as on all rows but one
            )
        """
    )
    statuses = writer.connection.execute(
        f"select lower(status), count(*) from {rows} where kind = 'cancelled' group by 1 order by 1"
    ).fetchall()
    for status, lines in statuses:
        writer.importer.say(
            f"{lines:,} lines are {status} in orders of which other lines are not: left out"
        )
    paid_back = distinct_texts(writer.connection, rows, "status", MOST_SEGMENT_VALUES)
    returned = [s for s in paid_back if status_means(s, "paid_back")]
    returned = [s for s in returned if not re.search(PART_OF_ORDER, plain(s))]
    if returned and "line_amount" in writer.values:
        discount = (
            "coalesce(line_discount_amount, 0)" if "line_discount_amount" in writer.values else "0"
        )
        listed = ", ".join(map(literal, returned))
        store = ", store" if "store" in writer.values else ""
        writer.returned_lines = writer.importer.workspace.next_name()
        writer.connection.execute(
            f"create table {writer.returned_lines} as select order_id{store},"
            f" sum(line_amount - {discount}) filter (lower(status) in ({listed})) as goods"
            f" from {rows} where kind = 'line' and reason is null group by order_id{store}"
            f" having count(distinct lower(status)) > 1 and goods > 0"
        )


def leave_out_older_exports(writer: OrderWriter, rows: str, key: str, same: str) -> None:
    """Leave out an order's rows in all exports but the one that goes on longest."""
    (files,) = one(writer.connection, f"select count(distinct file_name) from {rows}")
    if files < 2:
        return
    customer = "coalesce(customer_id, email)" if "email" in writer.values else "customer_id"
    ids, strangers = one(
        writer.connection,
        f"""
        select count(*), count(*) filter (customers > 1 and days > 1)
        from (
            select count(distinct customer) as customers, count(distinct day) as days
            from (
                select {key}, file_name, min({customer}) as customer,
                    min(cast(ordered_at as date)) as day
                from {rows} where order_id is not null group by {key}, file_name
            )
            group by {key} having count(*) > 1
        )
        """,
    )
    stop_at_strangers(writer.importer, writer, strangers, ids)
    older = writer.connection.execute(
        f"""
        update {rows} as r set kind = 'older'
        from (
            select {key}, arg_max(file_name, (latest, file_name)) as newest
            from {rows} join (
                select file_name, max(ordered_at) as latest from {rows} group by 1
            ) using (file_name)
            where order_id is not null
            group by {key}
            having count(distinct file_name) > 1
        ) as b
        where {same} and r.file_name <> b.newest and r.kind <> 'dropped'
        """
    ).fetchone()
    if older and older[0]:
        writer.importer.say(
            "orders appear in several files; of each the file with the latest orders counts"
        )


def write_lines(writer: OrderWriter, rows: str, path: Path) -> None:
    """Write the lines of orders that are used."""
    names = [n for n in [*LINE_COLUMNS, *LINE_AMOUNTS[1:]] if f"line_{n}" in writer.values]
    if "amount" not in names:
        return
    columns = ", ".join(f"line_{n} as {n}" for n in names)
    if "tax_share" in writer.values:
        # It stands on one row of an order, whose lines include tax alike.
        order = "order_id, store" if "store" in writer.values else "order_id"
        share = f"min(tax_share) over (partition by {order})"
        columns = ", ".join(
            f"cast(round(cast(line_{n} as double) * {share}, 4) as {MONEY}) as {n}"
            if n in {"amount", "discount_amount", "shipping_amount"}
            else f"line_{n} as {n}"
            for n in names
        )
    target = writer.importer.out / "order_lines.parquet"
    writer.importer.copy(
        f"select order_id, {columns} from {rows} where reason is null and kind = 'line'"
        f" and order_id in (select order_id from {literal(str(path))})",
        target,
    )
    writer.importer.result.outputs["raw_order_lines"] = target
