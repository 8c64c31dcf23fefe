"""What is said at the end: settings for dbt, hints, and choices that are still to be made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from retention_cli.ingest.column_readings import treatment
from retention_cli.ingest.errors import DecisionNeededError
from retention_cli.ingest.imported import PART_OF_ORDER
from retention_cli.ingest.names import plain, status_means
from retention_cli.ingest.tables import literal, one, parquet_columns
from retention_cli.project import project_settings

if TYPE_CHECKING:
    from retention_cli.ingest.importing import Importer

LEAST_OF_ONE = 20  # orders that are hardly all of one customer


def finish(importer: Importer) -> None:
    """Put together the settings for dbt, and say what a person should hear."""
    mapping = importer.result.mapping
    settings = {
        k: v for k, v in importer.settings.items() if k not in {"date_order", "decimal_separator"}
    }
    if "customer_identity" not in settings and mapping.customer_identity != "customer_id":
        settings["customer_identity"] = mapping.customer_identity
    for name, found in [
        ("excluded_statuses", [*mapping.statuses_excluded, *importer.no_purchases]),
        ("purchase_statuses", importer.purchases),
    ]:
        if found and name not in settings:
            settings[name] = list(dict.fromkeys([*project_settings()[name], *found]))
    importer.result.settings = settings
    importer.result.kept = {
        "phone_country": importer.country,
        "store": importer.store,
        "same_rows": importer.same_rows,
    }
    statuses_of(importer, project_settings() | settings)
    latest_day(importer)
    identity_hint(importer, settings)
    one_customer(importer, settings)
    nothing_but_zeros(importer)
    currency_choice(importer, settings)


def statuses_of(importer: Importer, settings: dict[str, Any]) -> None:
    """Count the orders of each status, and say how it is taken."""
    path = importer.result.orders
    if not path:
        return
    columns = parquet_columns(importer.connection, path)
    if "status" not in columns:
        return
    counted = importer.connection.execute(
        "select lower(status), count(*), cast(sum(gross_amount) as double)"
        f" from {literal(str(path))} group by 1 order by 2 desc, 1"
    ).fetchall()
    importer.result.statuses = [
        (status or "(none)", treatment(status, settings), orders, money or 0.0)
        for status, orders, money in counted
    ]
    unknown = [status for status, taken, *_ in importer.result.statuses if taken.startswith("unk")]
    paid_back = [s for s, *_ in importer.result.statuses if status_means(s, "paid_back")]
    if importer.refunds_by_status:
        paid_back = [s for s in paid_back if re.search(PART_OF_ORDER, plain(s))]
    if paid_back and (importer.refunds_by_status or not importer.result.refunds):
        importer.say(
            f"orders are {' or '.join(paid_back)} by their status, and no column says how much was"
            " refunded: they count in full unless excluded_statuses names them or --refunds is given"
        )
    if unknown:
        importer.say(
            f"unknown statuses: {', '.join(unknown)}; name them in purchase_statuses or"
            " excluded_statuses"
        )


def latest_day(importer: Importer) -> None:
    """Note the day up to which the orders' files go, where refunds in them go on beyond orders."""
    orders, refunds = importer.result.orders, importer.result.refunds
    if not orders or not refunds or "raw_refunds" in importer.request.files:
        return
    last, last_refund = one(
        importer.connection,
        f"select (select max(cast(ordered_at as date)) from {literal(str(orders))}),"
        f" (select max(cast(refunded_at as date)) from {literal(str(refunds))})",
    )
    if last and last_refund and last_refund > last:
        importer.result.totals["as_of_date"] = last_refund.isoformat()
        importer.say(f"the files go up to {last_refund}, the day of their last refund: as_of_date")


def identity_hint(importer: Importer, settings: dict[str, Any]) -> None:
    """Hint at another identity where many orders have none but a filled column could be one."""
    path = importer.result.outputs.get("raw_orders")
    if not path:
        return
    by = settings.get("customer_identity", "customer_id")
    types = parquet_columns(importer.connection, path)
    names = [name for name in ["customer_id", "email", "phone"] if name in types]
    if by not in names or len(names) == 1:
        return
    nobody = (project_settings() | settings)["guest_customer_ids"]
    guests = ", ".join(literal(str(one).lower()) for one in ["", *nobody])
    counts = {
        name: one(
            importer.connection,
            f"select count({name}) filter (lower({name}) not in ({guests})), count(*)"
            f" from {literal(str(path))}",
        )
        for name in names
    }
    filled, orders = counts[by]
    if orders and filled < 0.7 * orders:
        for name, (others, _) in counts.items():
            if name != by and others > max(0.3 * orders, filled):
                importer.say(
                    f"{orders - filled:,} of {orders:,} orders have no {by}, but {others:,} a"
                    f' {name}: --vars "{{customer_identity: {name}}}" uses it'
                )


def one_customer(importer: Importer, settings: dict[str, Any]) -> None:
    """Stop where many orders are of one customer: the column names the shop or its till, not who ordered.

    Raises:
        DecisionNeededError: nobody chose the column.
    """
    path, mapping = importer.result.orders, importer.result.mapping
    by = settings.get("customer_identity", "customer_id")
    source = mapping.columns.get(by)
    chosen = importer.chosen.get("raw_orders", {})
    if not path or not source or not source.columns or importer.kept or by in chosen:
        return
    if by not in parquet_columns(importer.connection, path):
        return
    for limit in [f"limit {LEAST_OF_ONE}", ""]:
        orders, first, last = one(
            importer.connection,
            f"select count({by}), min({by}), max({by}) from (from {literal(str(path))} {limit})",
        )
        if first != last:
            return
    if orders < LEAST_OF_ONE:
        return
    column = source.columns[0]
    raise DecisionNeededError(
        f"all {orders:,} orders are of one customer by {column}: name the column that says who ordered with"
        f' --vars "{{columns: {{raw_orders: {{customer_id: <column>}}}}}}", or say that it does with --vars'
        f' "{{columns: {{raw_orders: {{{by}: {column}}}}}}}"'
    )


def nothing_but_zeros(importer: Importer) -> None:
    """Stop where every order is worth nothing: another column holds what was paid."""
    path, mapping = importer.result.orders, importer.result.mapping
    source = mapping.columns.get("gross_amount") or mapping.line_columns.get("amount")
    if not path or not source or mapping.name != "generic" or importer.chosen or importer.kept:
        return
    orders = literal(str(path))
    some = f"from {orders} where gross_amount <> 0 limit 1"
    if importer.connection.execute(some).fetchone():
        return
    (money,) = one(importer.connection, f"select sum(gross_amount) from {orders}")
    if money == 0:
        raise DecisionNeededError(
            f"every amount is 0 in {' and '.join(source.columns)}: name the column that says what was"
            ' paid with --vars "{columns: {raw_orders: {gross_amount: <column>}}}"'
        )


def currency_choice(importer: Importer, settings: dict[str, Any]) -> None:
    """Stop where several currencies would need rates that are not given."""
    path = importer.result.outputs.get("raw_orders")
    if not path or settings.get("reporting_currency"):
        return
    described = parquet_columns(importer.connection, path)
    if "currency" not in described:
        return
    found = importer.connection.execute(
        f"select currency, count(*) from {literal(str(path))} where currency is not null"
        " group by 1 order by 2 desc, 1"
    ).fetchall()
    if len(found) > 1:
        listed = ", ".join(f"{code} ({rows:,})" for code, rows in found)
        raise DecisionNeededError(
            f"the orders are in several currencies, {listed}: say which one counts with --vars"
            f' "{{reporting_currency: {found[0][0]}}}", and give --exchange-rates for the others'
        )
