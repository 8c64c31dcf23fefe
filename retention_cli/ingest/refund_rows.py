"""Refunds that columns or rows of the orders tell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from retention_cli.ingest.imported import MOST_SEGMENT_VALUES, PART_OF_ORDER
from retention_cli.ingest.mapping import distinct_texts
from retention_cli.ingest.names import plain, status_means
from retention_cli.ingest.tables import literal, one, parquet_columns
from retention_cli.ingest.values import MONEY

if TYPE_CHECKING:
    from retention_cli.ingest.order_writer import OrderWriter


def write_refunds(writer: OrderWriter, rest: str, path: Path, source: str) -> None:
    """Write the refunds that columns or rows of the orders tell."""
    importer, refunds = writer.importer, writer.mapping.refunds
    target = importer.out / "refunds.parquet"
    if "raw_refunds" in importer.request.files and refunds.where_from != "none":
        importer.say(
            "refunds are given in a file of their own, so those among the orders are not used"
        )
        return
    if refunds.where_from == "columns" and "refund_amount" in writer.values:
        moment = (
            "coalesce(refunded_at, ordered_at)" if "refunded_at" in writer.values else "ordered_at"
        )
        amount, goods_amount = "refund_amount", ""
        if refunds.share_of_goods and "refund_total" in writer.values:
            goods = (
                "(gross_amount - coalesce(discount_amount, 0))"
                if "discount_amount" in writer.values
                else "gross_amount"
            )
            amount = (
                f"case when refund_total > 0 then cast(round(cast(refund_amount as double)"
                f" * least(cast({goods} as double) / cast(refund_total as double), 1), 4) as {MONEY})"
                f" else refund_amount end"
            )
            goods_amount = f", {amount} as goods_amount"
        store = ", store" if "store" in writer.values else ""
        if writer.mapping.grain == "transaction":
            made = made_ids("gross_amount" if "gross_amount" in writer.values else "line_amount")
            source = (
                f"(select * replace ({made} as order_id) from {source}"
                " where kind = 'order' and reason is null)"
            )
        importer.copy(
            f"select order_id || '-refund' as refund_id, order_id, {moment} as refunded_at,"
            f" {amount} as amount{goods_amount}{store} from {source}"
            f" where kind in ('order', 'line') and reason is null and refund_amount <> 0"
            + (
                f" and order_id in (select order_id from {literal(str(path))})"
                if writer.mapping.grain == "line"
                else ""
            ),
            target,
        )
    elif refunds.where_from == "rows":
        write_refund_rows(writer, rest, path, target)
    if target.is_file():
        rows, amount = one(
            writer.connection,
            f"select count(*), coalesce(sum(amount), 0) from {literal(str(target))}",
        )
        if rows:
            importer.result.outputs["raw_refunds"] = target
            importer.say(f"{rows:,} refunds of {amount:,.2f} are among the orders")


def write_refund_rows(writer: OrderWriter, rest: str, path: Path, target: Path) -> None:
    """Write refunds that are rows of their own: of the order they name, else of an earlier one."""
    amount = "refund_amount" if "refund_amount" in writer.values else writer.amount_name()
    amount = (
        "gross_amount" if amount == "line_amount" and writer.mapping.grain == "line" else amount
    )
    if not amount:
        return
    own_id = "own_refund_id" if "own_refund_id" in writer.values else "cast(null as varchar)"
    named = "refunded_order" if "refunded_order" in writer.values else "cast(null as varchar)"
    orders = literal(str(path))
    store = ", store" if "store" in writer.values else ""
    # The row's own id is that of the order it pays back where there is such an order.
    writer.connection.execute(
        f"""
        create or replace table refund_rows as
        select
            row_number() over (order by ordered_at, order_id, {amount}) as refund_number,
            order_id as own_id, {named} as named, {own_id} as own_refund_id,
            customer_id, ordered_at, abs({amount}) as amount{store}
        from {rest} where kind = 'refund' and reason is null
        """
    )
    (rows,) = one(writer.connection, "select count(*) from refund_rows")
    if not rows:
        return
    writer.connection.execute(
        f"""
        create or replace table matched_refunds as
        with named as (
            select r.*, coalesce(n.order_id, o.order_id) as order_id
            from refund_rows as r
            left join (select distinct order_id from {orders}) as n on r.named = n.order_id
            left join (select distinct order_id from {orders}) as o on r.own_id = o.order_id
        ),
        earlier as (
            select
                r.refund_number,
                max_by(o.order_id, (o.gross_amount >= r.amount, o.ordered_at, o.order_id)) as order_id
            from named as r
            join {orders} as o
                on r.customer_id = o.customer_id and o.ordered_at <= r.ordered_at
            where r.order_id is null
            group by 1
        )
        select named.* exclude (order_id), coalesce(named.order_id, earlier.order_id) as order_id,
            named.order_id is null and earlier.order_id is not null as is_guessed
        from named left join earlier using (refund_number)
        """
    )
    guessed, unmatched = one(
        writer.connection,
        "select count(*) filter (is_guessed), count(*) filter (order_id is null) from matched_refunds",
    )
    if guessed:
        writer.importer.say(
            f"{guessed:,} refunds name no order; each is set against the customer's latest earlier"
            " order"
        )
    if unmatched:
        writer.importer.say(f"{unmatched:,} refunds name no order of the file")
    writer.importer.copy(
        f"""
        select
            coalesce(own_refund_id, coalesce(own_id, order_id, 'R') || '-refund-'
                || row_number() over (partition by coalesce(own_id, order_id) order by refund_number))
                as refund_id,
            order_id, ordered_at as refunded_at, amount, amount as goods_amount{store}
        from matched_refunds
        """,
        target,
    )


def refund_by_status(writer: OrderWriter) -> None:
    """Pay back the goods of orders and lines that are refunded by their status, where no amount says how much."""
    importer, connection = writer.importer, writer.connection
    path, refunds = importer.result.orders, importer.result.refunds
    is_known = "raw_refunds" in importer.request.files or "refund_amount" in writer.values
    if is_known or not path or "status" not in writer.values:
        return
    orders = literal(str(path))
    names = parquet_columns(connection, path)
    store = ", store" if "store" in names else ""
    known = importer.workspace.next_name()
    connection.execute(
        f"create table {known} as "
        + (f"from {literal(str(refunds))}" if refunds else f"from {orders} limit 0")
    )
    texts = distinct_texts(connection, orders, "status", MOST_SEGMENT_VALUES)
    whole = [
        s for s in texts if status_means(s, "paid_back") and not re.search(PART_OF_ORDER, plain(s))
    ]
    whole = [s for s in whole if s not in writer.no_purchases]
    if not whole and not writer.returned_lines:
        return
    listed = ", ".join(map(literal, whole)) or "''"
    discount = "coalesce(discount_amount, 0)" if "discount_amount" in names else "0"
    sources = [
        f"select order_id, ordered_at, gross_amount - {discount} as goods{store} from {orders}"
        f" where lower(status) in ({listed})"
    ]
    if writer.returned_lines:
        sources.append(
            f"select order_id, ordered_at, goods{store} from {orders}"
            f" join {writer.returned_lines} using (order_id{store})"
            f" where status is null or lower(status) not in ({listed})"
        )
    made = importer.workspace.next_name()
    same_order = " and ".join(
        f"{known}.{name} is not distinct from made.{name}"
        for name in ["order_id", *(["store"] if store else [])]
    )
    connection.execute(
        f"create table {made} as select order_id || '-returned' as refund_id, order_id,"
        f" ordered_at as refunded_at, cast(goods as {MONEY}) as amount,"
        f" cast(goods as {MONEY}) as goods_amount{store} from ({' union all '.join(sources)})"
        f" as made where goods > 0 and not exists (from {known} where {same_order})"
    )
    rows, amount = one(connection, f"select count(*), coalesce(sum(amount), 0) from {made}")
    if not rows:
        return
    target = importer.out / "refunds.parquet"
    importer.copy(f"from {made}" + (f" union all by name from {known}" if refunds else ""), target)
    importer.result.outputs["raw_refunds"] = target
    importer.refunds_by_status = True
    importer.say(
        f"{rows:,} orders are refunded or have returned lines by their status, and no column says how"
        f" much: their goods, {amount:,.2f}, count as refunded on the day of the order; --refunds"
        " overrides this"
    )


def made_ids(amount: str) -> str:
    """Return SQL of ids for rows without one, of which `amount` is SQL: the same whatever their order."""
    what = (
        "concat_ws('|', coalesce(customer_id, ''), cast(ordered_at as varchar),"
        f" cast({amount} as varchar))"
    )
    return (
        f"'T' || left(sha256({what}), 16) || '-' || row_number() over ("
        f"partition by customer_id, ordered_at, {amount} order by row_number)"
    )
