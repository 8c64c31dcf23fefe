"""The orders of a file's rows, and the lines and refunds in them, as Parquet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retention_cli.ingest.column_readings import read_statuses
from retention_cli.ingest.errors import NotPlainError, RepeatedOrdersError
from retention_cli.ingest.formats import AMOUNTS, LINE_AMOUNTS, ORDER_COLUMNS, Mapping, Source
from retention_cli.ingest.grouped_orders import write_grouped
from retention_cli.ingest.imported import HUNDREDTHS, Count
from retention_cli.ingest.joined_lines import join_lines
from retention_cli.ingest.lines_apart import line_values, store_of, units_of
from retention_cli.ingest.mapping import text_of
from retention_cli.ingest.other_inputs import customer_sql, segments_of
from retention_cli.ingest.records import Hints, Readings, RowQuery, Rows, currencies_in, phone_table
from retention_cli.ingest.refund_rows import made_ids, refund_by_status, write_refunds
from retention_cli.ingest.tables import literal, one, quoted
from retention_cli.ingest.tax_of_rows import tax_values

if TYPE_CHECKING:
    from retention_cli.ingest.importing import Importer


class OrderWriter:
    """Writes the orders of rows, and the lines and refunds in them."""

    def __init__(
        self,
        importer: Importer,
        rows: Rows,
        mapping: Mapping,
        readings: Readings,
        hints: Hints,
        lines: str | None,
        *,
        settled: bool = False,
    ) -> None:
        """Begin to write the orders of rows by a mapping; `lines` is a table of their lines."""
        self.importer = importer
        self.connection = importer.connection
        self.rows = rows
        self.mapping = mapping
        self.readings = readings
        self.lines = lines
        self.settled = settled
        self.count = Count()
        if mapping.grain == "line":
            # Of an order's rows the first counts, so they need their numbers.
            numbered = importer.workspace.next_name()
            self.connection.execute(
                f"create view {numbered} as select * replace (row_number() over () as row_number)"
                f" from {rows.relation}"
            )
            self.rows = replace(rows, relation=numbered)
        self.query = RowQuery(self.rows, readings, importer.workspace, hints)
        self.values: dict[str, str] = {}
        self.segments: list[str] = []
        self.tax_note = ""
        self.returned_lines = ""
        self.no_purchases: list[str] = []
        self.kind = self.prepare()

    # --- What a row says ---------------------------------------------------------------------

    def prepare(self) -> str:
        """Put together the canonical values of a row; return SQL of its kind."""
        query, mapping, values = self.query, self.mapping, self.values
        columns = mapping.columns
        refunds = mapping.refunds
        if any(source.minor_units for source in self.all_sources()):
            known = str(self.importer.settings.get("reporting_currency") or "")
            code = query.plain_text(columns["currency"]) if "currency" in columns else "null"
            query.atoms["minor_units"] = units_of(f"coalesce({code}, {literal(known)})")
            if "currency" not in columns and not known:
                self.importer.say(HUNDREDTHS)
        if "order_id" in columns:
            text = query.plain_text(columns["order_id"], is_id=True)
            values["order_id"] = f"private_id(plain_id({text}))"
        else:
            values["order_id"] = "cast(null as varchar)"
        if "customer_id" in columns:
            self.importer.result.mapping = mapping
            text = query.plain_text(columns["customer_id"], is_id=True)
            values["customer_id"] = customer_sql(self.importer, text)
        else:
            values["customer_id"] = "cast(null as varchar)"
        values["ordered_at"] = query.moment(columns["ordered_at"], "ordered_at", mapping.timezone)
        for name in AMOUNTS:
            if name in columns:
                values[name] = query.amount(columns[name], name)
        for name, sql in line_values(query, mapping).items():
            values[f"line_{name}"] = sql
        if "status" in columns:
            text = query.plain_text(columns["status"])
            values["status"] = f"shareable({text})"
            self.nothing_for_no_purchase(text)
        currency = self.currency_sql()
        if currency:
            values["currency"] = currency
        if "email" in columns:
            values["email"] = f"keyed_email({query.plain_text(columns['email'])})"
        if "phone" in columns:
            values["phone"] = self.phone_sql(columns["phone"])
        if "updated_at" in columns:
            values["updated_at"] = query.moment(
                columns["updated_at"], "updated_at", mapping.timezone
            )
        if "store" in columns:
            values["store"] = f"shareable({query.plain_text(columns['store'])})"
        elif self.importer.store:
            values["store"] = store_of("file_name")
        if refunds.where_from == "columns" and refunds.amount:
            values["refund_amount"] = query.amount(refunds.amount, "refund amount")
            if refunds.refunded_at:
                values["refunded_at"] = query.moment(
                    refunds.refunded_at, "refunded_at", mapping.timezone
                )
            if refunds.total:
                values["refund_total"] = query.amount(refunds.total, "total")
        if refunds.where_from == "rows":
            if refunds.order_id:
                text = query.plain_text(refunds.order_id, is_id=True)
                values["refunded_order"] = f"private_id(plain_id({text}))"
            if refunds.refund_id:
                values["own_refund_id"] = (
                    f"private_id({query.plain_text(refunds.refund_id, is_id=True)})"
                )
            if refunds.amount:
                values["refund_amount"] = query.amount(refunds.amount, "refund amount")
        used = {c for source in self.all_sources() for c in source.columns}
        for name, column in mapping.segments.items():
            if name not in values:
                values[name] = f"shareable({query.text(column)})"
                self.segments.append(name)
        used |= set(mapping.segments.values())
        others = segments_of(self.importer, query, self.rows, used, mapping.personal)
        for name, sql in others.items():
            if name.lower() not in {value.lower() for value in values}:
                values[name] = sql
                self.segments.append(name)
        tax_values(self)
        return self.kind_sql()

    def nothing_for_no_purchase(self, status: str) -> None:
        """Take an empty amount of an order that is no purchase by its status for nothing."""
        source = self.mapping.columns["status"]
        if self.importer.workspace.presumes and source == Source(of=source.of[:1]):
            return  # no amount is empty; what the statuses mean is asked of the orders written
        texts = [text_of(column, self.rows.types[column]) for column in source.of]
        relation = self.rows.relation
        excluded = self.no_purchases = read_statuses(self.importer, relation, texts, self.mapping)
        if not excluded:
            return
        listed = ", ".join(literal(one) for one in excluded)
        for name in ["gross_amount", "line_amount"]:
            if name in self.values:
                self.values[name] = (
                    f"coalesce({self.values[name]}, case when lower({status}) in ({listed}) then 0 end)"
                )

    def all_sources(self) -> list[Source]:
        """Return every source of the mapping."""
        refunds = self.mapping.refunds
        found = [*self.mapping.columns.values(), *self.mapping.line_columns.values()]
        own = [
            refunds.amount,
            refunds.refunded_at,
            refunds.total,
            refunds.order_id,
            refunds.refund_id,
        ]
        return found + [source for source in own if source]

    def currency_sql(self) -> str:
        """Return SQL of a row's currency: its column, else the sign in the cell of its amount."""
        importer, columns = self.importer, self.mapping.columns
        parts = []
        if "currency" in columns:
            text = self.query.plain_text(columns["currency"])
            sample = f"(from {self.rows.relation} limit 20000)"
            column = columns["currency"].of[0] if columns["currency"].of else ""
            is_code = True
            if column:
                found = text_of(column, self.rows.types[column])
                (other,) = one(
                    self.connection,
                    f"select count(*) from (select {found} as v from {sample})"
                    " where not regexp_full_match(v, '[A-Za-z]{3}')",
                )
                is_code = not other
            parts.append(
                f"upper({text})" if is_code else f"coalesce(currency_in({text}), upper({text}))"
            )
        amounts = [
            self.mapping.columns.get("gross_amount"),
            self.mapping.line_columns.get("amount"),
        ]
        for source in amounts:
            for column in (source.of if source else ())[:1]:
                codes = currencies_in(self.rows, column, importer.workspace)
                if codes:
                    parts.append(f"currency_in({self.query.text(column)})")
                    importer.decide(
                        f"currency.{column}",
                        ", ".join(codes),
                        "written in the amount cells",
                    )
        return f"coalesce({', '.join(parts)})" if len(parts) > 1 else "".join(parts)

    def phone_sql(self, source: Source) -> str:
        """Return SQL of the keyed hash of a row's phone number."""
        parts = []
        for column in source.of:
            self.country_of_phones(column)
            table = phone_table(self.rows, column, self.importer.workspace, self.importer.country)
            parts.append(
                f"(select p.phone from {table} as p where p.raw = {self.query.text(column)})"
            )
        return f"coalesce({', '.join(parts)})" if len(parts) > 1 else parts[0]

    def country_of_phones(self, column: str) -> None:
        """Say so where people are told apart by numbers without the code of a country."""
        importer = self.importer
        if importer.country or self.mapping.customer_identity != "phone":
            return
        text = text_of(column, self.rows.types[column])
        without, numbers = one(
            self.connection,
            f"select count(*) filter (not starts_with(v, '+') and not starts_with(v, '00')), count(v)"
            f" from (select {text} as v from {self.rows.relation})",
        )
        if 0 < without < numbers:
            importer.say(
                f"{without:,} of {numbers:,} numbers in {column} have no country code, so they match no"
                ' number that has one: --vars "{phone_country: DE}" says which it is'
            )

    def kind_sql(self) -> str:
        """Return SQL of what a row is: order, line, refund, footer or dropped."""
        query, mapping, values = self.query, self.mapping, self.values
        is_line = mapping.grain == "line"
        cases = []
        first = query.text(self.rows.columns[0])
        said = [
            first,
            *(
                query.text(c)
                for n in ["order_id", "customer_id", "ordered_at"]
                if n in mapping.columns
                for c in mapping.columns[n].of
            ),
        ]
        totals = " or ".join(f"begins_with_total({text})" for text in dict.fromkeys(said))
        cases.append(f"when ordered_at is null and coalesce({totals}, false) then 'footer'")
        used = [name for name in query.atoms if name.startswith("t_")]
        if used:
            cases.append("when " + " and ".join(f"{n} is null" for n in used) + " then 'footer'")
        rest = [f"{name} is null" for name in used if name != first]
        if len(rest) > 1:
            # A remark below, such as `Generated on 2024-02-01 by admin`.
            remark = f"regexp_matches({first}, '\\pL{{2,}} .*\\pL{{2,}}')"
            cases.append(f"when {' and '.join(rest)} and {remark} then 'footer'")
        if mapping.drop:
            cases.append(f"when {query.any_of(mapping.drop)} then 'dropped'")
        if mapping.refunds.where_from == "rows" and mapping.refunds.where:
            cases.append(f"when {query.any_of(mapping.refunds.where)} then 'refund'")
        if mapping.keep:
            kept = " and ".join(query.condition(one) for one in mapping.keep)
            cases.append(f"when not ({kept}) then 'dropped'")
        if is_line:
            kind = "'line'"
        else:
            kind = "'order'"
            if mapping.refunds.where_from == "rows" and "gross_amount" in values:
                cases.append("when gross_amount < 0 then 'refund'")
        if is_line and mapping.shipping:
            cases.append(f"when {query.any_of(mapping.shipping)} then 'shipping'")
        if mapping.tips:
            tip = "tip" if is_line else "dropped"
            cases.append(f"when {query.any_of(mapping.tips)} then '{tip}'")
        self.required(is_line)
        return f"case {' '.join(cases)} else {kind} end" if cases else kind

    def required(self, is_line: bool) -> None:
        """Reject rows without what an order needs; of lines it is asked of the whole order."""
        columns = self.mapping.columns
        query = self.query
        if "order_id" in columns:
            query.reject("order_id is null", "order_id is empty", columns["order_id"].columns[:1])
        for name in ["order_id", "customer_id"]:
            if name in columns:
                query.reject(
                    f"{name} < ':' and (contains({name}, 'e') or contains({name}, 'E'))"
                    f" and regexp_full_match({name}, '[0-9](\\.[0-9]+)?[eE]\\+?[0-9]+')",
                    f"{name} lost digits: it is in scientific notation",
                    columns[name].columns[:1],
                )
        if is_line:
            return
        query.reject("ordered_at is null", "ordered_at is empty", columns["ordered_at"].columns[:1])
        if not self.lines and "gross_amount" in columns:
            query.reject(
                "gross_amount is null", "gross_amount is empty", columns["gross_amount"].columns[:1]
            )
        elif not self.lines and "line_amount" in self.values:
            column = self.mapping.line_columns["amount"].columns[:1]
            query.reject("line_amount is null", "gross_amount is empty", column)

    # --- Writing -----------------------------------------------------------------------------

    def write(self) -> None:
        """Write orders, lines and refunds.

        Raises:
            RepeatedOrdersError: order ids repeat, and what that means is not settled yet.
        """
        if self.importer.workspace.presumes and self.mapping.grain not in {"order", "transaction"}:
            raise NotPlainError
        if self.mapping.grain == "line":
            write_grouped(self)
        else:
            self.write_rows()
        if self.tax_note:
            self.importer.say(self.tax_note)
        refund_by_status(self)

    def order_columns(self) -> list[str]:
        """Return the columns of an order that are there, in the order of the interface."""
        names = [n for n in ORDER_COLUMNS if n in self.values]
        return [*names, *self.segments]

    def write_rows(self) -> None:
        """Write orders of which each is a row."""
        importer, connection = self.importer, self.connection
        base = self.query.sql(self.kind, self.values)
        path = importer.out / "orders.parquet"
        selected = {name: quoted(name) for name in self.order_columns()}
        if "gross_amount" not in selected and "line_amount" in self.values and not self.lines:
            # Rows without an amount of their own: price x quantity.
            selected["gross_amount"] = "line_amount"
            for name in LINE_AMOUNTS[1:]:
                if f"line_{name}" in self.values and name not in selected:
                    selected[name] = f"line_{name}"
        if "holds_tax" in self.values:
            selected["holds_tax"] = "holds_tax"
        if self.mapping.grain == "transaction":
            selected["order_id"] = made_ids(selected["gross_amount"])
        columns = ", ".join(f"{sql} as {quoted(name)}" for name, sql in selected.items())
        source = f"({base})"
        if self.mapping.refunds.where_from == "columns" and "refund_amount" in self.values:
            # Orders and their refunds come of the same rows, which are read once.
            name = importer.workspace.next_name()
            connection.execute(f"create table {name} as {base}")
            source = name
        is_good = "kind = 'order' and reason is null"
        if importer.workspace.presumes:
            is_good = f"case when {is_good} then true else error('no order') end"
        good = f"{source} where {is_good}"
        if self.mapping.grain == "version":
            good = f"{self.latest_versions(source)} where {is_good}"
        importer.copy(f"select {columns} from {good}", path)
        (orders,) = one(connection, f"select count(*) from {literal(str(path))}")
        if importer.workspace.presumes:
            if orders != self.rows.rows:
                raise NotPlainError
            if "status" in self.values and not self.no_purchases:
                written = literal(str(path))
                self.no_purchases = read_statuses(importer, written, ["status"], self.mapping)
        self.check_repeats(path)
        rest = importer.workspace.next_name()
        if orders < self.rows.rows:
            connection.execute(
                f"create table {rest} as select * from {source}"
                " where not (kind = 'order' and reason is null)"
            )
        else:
            # Even no rows of a large file take a while to read.
            types = connection.execute(f"describe from {source}").fetchall()
            columns = ", ".join(f"{quoted(name)} {kind}" for name, kind, *_ in types)
            connection.execute(f"create table {rest} ({columns})")
        self.count.accepted = orders
        if self.mapping.grain == "version":
            (usable,) = one(
                connection, f"select count(*) from {source} where kind = 'order' and reason is null"
            )
            older = usable - orders
            self.count.dropped += older
            if older:
                importer.result.reasons.append(
                    ("raw_orders", "left out: older version of an order", older)
                )
        if self.mapping.grain == "transaction" and orders:
            importer.decide("order_id", "made", "no column is an id of the order")
            importer.say(
                f"rows have no order id; {orders:,} ids are made of customer, time and amount,"
                " and rows that are the same count as separate purchases"
            )
        self.account(rest)
        if self.lines:
            join_lines(self, path)
        importer.result.outputs["raw_orders"] = path
        write_refunds(self, rest, path, source)
        self.sum_money(path)

    def latest_versions(self, source: str) -> str:
        """Return the rows of which each is the latest version of its order."""
        place = "updated_at desc nulls last, " if "updated_at" in self.values else ""
        return (
            f"(select versions.* from {source} as versions left join (select file_name, max(ordered_at) as latest"
            f" from {source} group by 1) using (file_name)"
            f" qualify kind <> 'order' or reason is not null or row_number() over ("
            f" partition by kind, reason, order_id{', store' if 'store' in self.values else ''}"
            f" order by {place}latest desc, file_name desc, row_number desc) = 1)"
        )

    def check_repeats(self, path: Path) -> None:
        """Stop where order ids repeat and nothing says what that means."""
        if self.settled or self.mapping.grain != "order":
            return
        key = "order_id, store" if "store" in self.values else "order_id"
        # Sorted by NumPy, hashes take a third of the time of `count(distinct ...)`.
        found = self.connection.execute(f"select hash({key}) as hash from {literal(str(path))}")
        hashes = np.asarray(found.fetchnumpy()["hash"])
        hashes.sort()
        if np.any(hashes[1:] == hashes[:-1]):
            raise RepeatedOrdersError

    def repeated_facts(self) -> dict[str, int]:
        """Count the order ids that repeat, by what their rows have in common."""
        base = self.query.sql(self.kind, self.values)
        amount = "gross_amount" if "gross_amount" in self.values else "line_amount"
        others = ", ".join(f"t.{quoted(c)}" for c in self.rows.columns)
        store = ", store" if "store" in self.values else ""
        customer = "coalesce(customer_id, email)" if "email" in self.values else "customer_id"
        row = one(
            self.connection,
            f"""
            with rows as (
                select q.*, hash({others}) as contents
                from ({base}) as q
                join {self.rows.relation} as t
                    on q.row_number is not distinct from t.row_number and q.file_name = t.file_name
                where q.kind = 'order' and q.reason is null
            ),
            repeated as (
                select
                    count(distinct contents) as contents,
                    count(*) as rows,
                    count(distinct file_name) as files,
                    count(distinct coalesce({customer}, '')) as customers,
                    count(distinct cast(ordered_at as date)) as days,
                    count({amount}) as amounts,
                    count(distinct {amount}) as different
                from rows group by order_id{store} having count(*) > 1
            )
            select
                count(*), count(*) filter (contents = 1), count(*) filter (files < rows),
                count(*) filter (customers = 1), count(*) filter (days = 1),
                count(*) filter (amounts = 1), count(*) filter (different = 1),
                count(*) filter (customers > 1 and days > 1)
            from repeated
            """,
        )
        names = [
            "ids",
            "identical",
            "within_file",
            "one_customer",
            "one_day",
            "one_amount",
            "equal_amounts",
            "strangers",
        ]
        return dict(zip(names, row, strict=True))

    def account(self, rest: str) -> None:
        """Count the rows that make no order, and note why."""
        importer = self.importer
        importer.collect_rejects(
            rest, "raw_orders", self.query, "reason is not null", self.amount_name()
        )
        kinds = self.connection.execute(
            f"select kind, count(*) from {rest} where reason is null group by 1"
        ).fetchall()
        (rejected,) = one(self.connection, f"select count(*) from {rest} where reason is not null")
        self.count.rejected += rejected
        for kind, rows in kinds:
            if kind == "footer":
                self.count.dropped += rows
                importer.result.reasons.append(
                    ("raw_orders", "left out: line of totals, or empty", rows)
                )
            elif kind == "dropped":
                self.count.dropped += rows
                importer.result.reasons.append(
                    ("raw_orders", "left out: not an order, by its kind", rows)
                )
            else:
                self.count.accepted += rows

    def amount_name(self) -> str:
        """Return the name of the value that is a row's money."""
        if "gross_amount" in self.values:
            return "gross_amount"
        return "line_amount" if "line_amount" in self.values else ""

    def sum_money(self, path: Path) -> None:
        """Count the money of rows, used and rejected, where it can be read."""
        (used,) = one(
            self.connection, f"select coalesce(sum(abs(gross_amount)), 0) from {literal(str(path))}"
        )
        (lost,) = one(
            self.connection,
            "select coalesce(sum(amount), 0) from ("
            + " union all ".join(
                f"select amount from ({select}) as r(i, f, n, d, reason, raw, amount)"
                for select in self.importer.rejects
            )
            + ")"
            if self.importer.rejects
            else "select 0",
        )
        self.count.money = float(used) + float(lost)
        self.count.rejected_money = float(lost)
