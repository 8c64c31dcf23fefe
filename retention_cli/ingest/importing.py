"""Door 2: files of any kind become Parquet in the canonical columns, beside the rows that could not."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from retention_cli.ingest import formats, tables
from retention_cli.ingest.closing import finish
from retention_cli.ingest.column_readings import read_columns
from retention_cli.ingest.errors import NotPlainError, NotUsableError, RepeatedOrdersError
from retention_cli.ingest.files import kind_of, no_progress
from retention_cli.ingest.formats import Mapping, Source
from retention_cli.ingest.grain import regrained, settle_grain, with_amounts_of_orders
from retention_cli.ingest.imported import OTHER_INPUTS, PARQUET, Imported, Request
from retention_cli.ingest.layout import carried_down, ungrouped
from retention_cli.ingest.lines_apart import currencies_of, import_lines
from retention_cli.ingest.mapping import profile, propose, propose_columns
from retention_cli.ingest.names import is_personal, plain
from retention_cli.ingest.order_writer import OrderWriter
from retention_cli.ingest.other_inputs import import_other, settle_people
from retention_cli.ingest.privacy import define_hashes, salt_in
from retention_cli.ingest.records import RowQuery, Rows
from retention_cli.ingest.same_rows import CHOICES, REASON, without_same_rows
from retention_cli.ingest.tables import (
    FileReading,
    Table,
    Workspace,
    literal,
    quoted,
    read_table,
    with_items,
)
from retention_cli.ingest.values import MONEY, define_macros
from retention_cli.ingest.which_input import all_columns, distinct_names, sort_out
from retention_cli.project import project_settings

# How a person may say that values are written.
KNOWN_READINGS = {
    "date_order": ["day_month", "month_day", "year_month_day"],
    "decimal_separator": [".", ","],
    "same_rows": CHOICES,
}


def ingest_files(
    files: list[Path] | Path,
    folder: Path,
    settings: dict[str, Any] | None = None,
    **others: list[Path] | Path,
) -> Imported:
    """Import files of orders, and others by input such as `raw_order_lines=path`, into a folder."""
    given: dict[str, list[tuple[Path, str]]] = {}
    for name, paths in {"raw_orders": files, **others}.items():
        some = [paths] if isinstance(paths, (str, Path)) else paths
        given[name] = [(Path(path), str(path)) for path in some]
    return run_import(Request(given, settings or {}), folder)


def run_import(request: Request, folder: Path, *, look_only: bool = False) -> Imported:
    """Read files, decide what they mean, and write Parquet.

    Args:
        request: what to import.
        folder: where the Parquet files go; the salt is in the folder above it.
        look_only: write nothing.

    Raises:
        NotUsableError: a file cannot be used.
        DecisionNeededError: a choice has to be made.
    """
    salt = bytes(32) if look_only else salt_in(folder.parent)
    with tempfile.TemporaryDirectory(prefix="retention-", ignore_cleanup_errors=True) as name:
        imported = None
        if not look_only and may_be_plain(request):
            # Reads the file once. What stops it may be a row that is not read right, so it says nothing.
            with suppress(NotPlainError, NotUsableError, duckdb.Error):
                silent = replace(request, ask=lambda question, choices: None)
                imported = import_into(Path(name) / "plain", silent, salt, presumes=True)
            request = replace(request, progress=no_progress)
        if not imported:
            imported = import_into(Path(name) / "any", request, salt)
        if look_only or not imported.counts["raw_orders"].accepted:
            return imported
        out = imported.folder
        folder.mkdir(parents=True, exist_ok=True)
        for path in [*imported.outputs.values(), out / "rejected.parquet"]:
            shutil.move(path, folder / path.name)
        for stale in folder.glob("*.parquet"):
            if stale.name not in {path.name for path in out.parent.iterdir()} and (
                stale.stem not in {PARQUET[one] for one in imported.outputs} | {"rejected"}
            ):
                stale.unlink()
        imported.folder = folder
        imported.outputs = {n: folder / path.name for n, path in imported.outputs.items()}
    return imported


def may_be_plain(request: Request) -> bool:
    """Return whether a request is for one large text file of orders, which is worth presuming that it is plain."""
    files = [path for some in request.files.values() for path, _ in some]
    return (
        len(files) == 1
        and files[0].stat().st_size > tables.NUMBERED_BYTES
        and kind_of(files[0]) == "text"
    )


def import_into(place: Path, request: Request, salt: bytes, *, presumes: bool = False) -> Imported:
    """Import files into a folder that is made for it.

    Args:
        place: the folder.
        request: what to import.
        salt: key of the hashes.
        presumes: as of a `Workspace`.

    Raises:
        NotPlainError: what is presumed of the file is not so.
        duckdb.Error: the same, where it is presumed.
    """
    out = place / "out"
    out.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"set temp_directory = {literal(str(place / 'spill'))}")
        define_macros(connection)
        known = project_settings() | request.settings
        define_hashes(
            connection,
            salt,
            [*known["placeholder_addresses"], *known["unidentified_values"]],
            known["shared_mailboxes"],
        )
        workspace = Workspace(
            connection, place, formats.telling_names(), formats.layouts(), presumes=presumes
        )
        return Importer(request, workspace, out).run()


class Importer:
    """One import: what was read and decided so far."""

    def __init__(self, request: Request, workspace: Workspace, out: Path) -> None:
        """Begin an import that writes into a folder."""
        self.request = request
        self.workspace = workspace
        self.connection = workspace.connection
        self.out = out
        self.result = Imported(out)
        self.settings = dict(request.settings)
        self.kept = request.kept or {}
        self.rejects: list[str] = []
        # Statuses in the files that the settings do not list, by what their words mean.
        self.no_purchases: list[str] = []
        self.purchases: list[str] = []
        self.order_currencies: Callable[[], list[str]] = list  # asked for by other files only
        self.refunds_by_status = False
        self.lines_hold_tax = ""  # SQL of a line, empty where nothing says it
        self.price: Source | None = None  # of a line, where the amount is in a column of its own
        chosen = self.settings.pop("columns", None) or {}
        self.chosen: dict[str, dict[str, str]] = {
            name: dict(columns or {}) for name, columns in chosen.items()
        }
        self.grain = str(self.settings.pop("grain", "") or "")
        self.country = str(
            self.settings.pop("phone_country", "") or self.kept.get("phone_country", "")
        )
        # What tells shops apart whose orders have the same ids, beside a column: the file.
        self.store = str(self.settings.pop("store", "") or self.kept.get("store", ""))
        if self.store not in {"", "file"}:
            raise NotUsableError(
                f"store: '{self.store}' is not file; a column is named with"
                ' --vars "{columns: {raw_orders: {store: <column>}}}"'
            )
        self.same_rows = str(self.settings.pop("same_rows", "") or self.kept.get("same_rows", ""))
        given = {**self.settings, "same_rows": self.same_rows}
        for name, known in KNOWN_READINGS.items():
            if given.get(name) not in {"", None, *known}:
                raise NotUsableError(f"{name}: '{given[name]}' is none of: {', '.join(known)}")
        if self.grain not in {"", "order", "line", "transaction", "version"}:
            raise NotUsableError(
                f"grain: '{self.grain}' is none of: order, line, transaction, version"
            )

    def say(self, text: str) -> None:
        """Note what a person should hear."""
        if text not in self.result.notes:
            self.result.notes.append(text)

    def decide(self, subject: str, decision: str, evidence: str) -> None:
        """Note a decision with its evidence."""
        self.result.decisions.append((subject, decision, evidence))

    def run(self) -> Imported:
        """Read and write all inputs."""
        tables = {
            name: [self.read(path, shown) for path, shown in files]
            for name, files in self.request.files.items()
            if files
        }
        sort_out(self, tables)
        for name, some in tables.items():
            self.result.files[name] = [table.reading for table in some]
        customers = tables.get("raw_customers")
        self.import_orders(tables["raw_orders"], tables.get("raw_order_lines"))
        for name in OTHER_INPUTS:
            if name in tables:
                import_other(
                    self, name, customers if name == "raw_customers" and customers else tables[name]
                )
        settle_people(self)
        self.write_rejects()
        finish(self)
        return self.result

    def read(self, path: Path, shown: str) -> Table:
        """Read one file, as it was read before where shop.yml says how."""
        given = None
        for readings in (self.kept.get("files") or {}).values():
            for reading in readings:
                if reading["path"] == shown:
                    given = FileReading(**reading)
        table = read_table(path, self.workspace, given, shown, self.request.progress)
        table = ungrouped(table, self.workspace)
        for note in table.notes:
            self.say(f"{path.name}: {note}")
        return table

    # --- Rows of several files as one relation ---------------------------------------------------

    def together(self, tables: list[Table], input_name: str) -> Rows:
        """Return the rows of files as one relation; columns are compared as names are."""
        spelled: dict[str, str] = {}
        types: dict[str, str] = {}
        for table in tables:
            for column, kind in table.types.items():
                name = spelled.setdefault(plain(column) or column, column)
                types[name] = kind if types.get(name, kind) == kind else "VARCHAR"
        selects = []
        file_names = distinct_names([table.path for table in tables])
        for table, file_name in zip(tables, file_names, strict=True):
            own = {spelled[plain(column) or column]: column for column in table.types}
            selected = [
                f"cast({quoted(own[name])} as {kind}) as {quoted(name)}"
                if name in own
                else f"cast(null as {kind}) as {quoted(name)}"
                for name, kind in types.items()
            ]
            selects.append(
                f"select row_number, {literal(file_name)} as file_name, {', '.join(selected)}"
                f" from {table.relation}"
            )
            for damage in table.damaged:
                self.reject_row(input_name, file_name, damage.line, damage.reason)
        name = self.workspace.next_name()
        self.connection.execute(f"create view {name} as {' union all '.join(selects)}")
        names = ", ".join(dict.fromkeys(file_names))
        return Rows(name, types, sum(table.rows for table in tables), input_name, names)

    def reject_row(self, input_name: str, file: str, row: int, reason: str) -> None:
        """Note a row that could not be told apart into columns."""
        self.rejects.append(
            f"select {literal(input_name)}, {literal(file)}, {row}, null, {literal(reason)}, null, 0"
        )

    # --- Orders ----------------------------------------------------------------------------------

    def import_orders(self, tables: list[Table], line_tables: list[Table] | None) -> None:
        """Make orders, lines and refunds of the files of orders and lines."""
        tables, mapping = self.map_orders(tables, bool(line_tables))
        if len(tables) == 1 and mapping.name == "generic" and self.grain in {"", "line"}:
            table, mapping = carried_down(tables[0], mapping, self.workspace)
            for note in [one for one in table.notes if one not in tables[0].notes]:
                self.say(note)
                self.decide("grain", "line", note)
            tables = [table]
        rows = self.together(tables, "raw_orders")
        raw = sum(table.raw_rows for table in tables)
        footers = sum(table.footers for table in tables)
        damaged = sum(len(table.damaged) for table in tables)
        mapping = self.named_together(mapping, rows)
        self.order_currencies = partial(currencies_of, self, rows, mapping)
        lines = import_lines(self, line_tables) if line_tables else None
        is_declared = self.grain in {"line", "transaction", "order"} and self.grain != mapping.grain
        if is_declared:
            mapping = regrained(mapping, self.grain)
        elif "order_id" not in mapping.columns and mapping.grain == "order":
            mapping = replace(mapping, grain="transaction")
        same = 0
        if mapping.grain == "transaction":
            rows, same = without_same_rows(self, rows, tables)
        self.result.mapping = mapping
        readings, hints = read_columns(self, rows, mapping)
        writer = OrderWriter(self, rows, mapping, readings, hints, lines)
        if is_declared and mapping.grain == "line":
            declared = with_amounts_of_orders(self, mapping, writer)
            if declared is not mapping:
                mapping = self.result.mapping = declared
                readings, hints = read_columns(self, rows, mapping)
                writer = OrderWriter(self, rows, mapping, readings, hints, lines)
        try:
            writer.write()
        except RepeatedOrdersError:
            if self.workspace.presumes:
                raise NotPlainError from None
            mapping = settle_grain(self, writer)
            self.result.mapping = mapping
            readings, hints = read_columns(self, rows, mapping)
            writer = OrderWriter(self, rows, mapping, readings, hints, lines, settled=True)
            writer.write()
        count = writer.count
        count.raw = raw
        count.rejected += damaged
        count.dropped += footers + same
        if same:
            self.result.reasons.append(("raw_orders", REASON, same))
        if footers:
            self.result.reasons.append(("raw_orders", "left out: line of totals", footers))
        self.result.counts["raw_orders"] = count
        assert count.accepted + count.rejected + count.dropped == count.raw, (
            f"{rows.names}: {count} does not add up"
        )

    def map_orders(self, tables: list[Table], has_lines: bool) -> tuple[list[Table], Mapping]:
        """Return the files of orders and what their columns mean."""
        first = tables[0]
        columns = list(dict.fromkeys(name for table in tables for name in all_columns(table)))
        lists = list(dict.fromkeys(name for table in tables for name in table.lists))
        if self.kept:
            content = self.kept["orders"]
            explode = content.get("explode")
            if explode:
                tables = [with_items(t, explode, self.workspace) for t in tables]
            header = [name for table in tables for name in table.columns]
            mapping = formats.resolve(content["mapping"], content, header)
            missing = formats.missing_columns(mapping)
            if missing and not has_lines:
                raise NotUsableError(
                    f"{first.path.name}: shop.yml names a column for {missing[0]} that is not there"
                    " any more; build the files again"
                )
            return tables, mapping
        chosen = self.choices(first, "raw_orders", columns)
        recognised = formats.recognise(columns, lists, "orders")
        if recognised:
            content = formats.ready_formats()[recognised]
            if content.get("grain") == "line":
                wanted = content.get("explode") or []
                wanted = [wanted] if isinstance(wanted, str) else wanted
                tables = [self.exploded(table, wanted) for table in tables]
            header = list(dict.fromkeys(name for table in tables for name in table.columns))
            mapping = formats.mapped_by(formats.resolve(recognised, content, header), chosen)
            missing = formats.missing_columns(mapping)
            if not missing or (missing == ["gross_amount"] and has_lines):
                self.decide("mapping", recognised, f"the header is that of: {mapping.label}")
                if mapping.note:
                    self.say(mapping.note)
                return tables, mapping
        self.say("no ready format fits; the columns are mapped by their names and values")
        if first.lists and not has_lines and not self.has_amount(first):
            tables = [self.exploded(table, []) for table in tables]
        first = tables[0]
        proposed = propose(
            self.whole(tables),
            self.workspace,
            chosen,
            self.request.ask,
            self.request.accept,
            has_lines,
        )
        for proposal in proposed.proposals:
            self.decide(
                f"columns.{proposal.meaning}",
                proposal.column,
                f"{proposal.evidence}, score {proposal.score:.2f}",
            )
        for note in proposed.notes:
            self.say(note)
        found = {proposal.meaning: proposal.column for proposal in proposed.proposals}
        if {"unit_price", "quantity"} <= set(found):
            self.price = Source(of=(found["unit_price"],), times=(found["quantity"],))
        return tables, proposed.mapping

    def whole(self, tables: list[Table]) -> Table:
        """Return files of orders as one table, to look at their values together."""
        if len(tables) == 1:
            return tables[0]
        kept, self.rejects = self.rejects, []
        rows = self.together(tables, "raw_orders")
        self.rejects = kept
        relation = f"(select * exclude (file_name) from {rows.relation})"
        return replace(tables[0], relation=relation, types=rows.types, rows=rows.rows)

    def has_amount(self, table: Table) -> bool:
        """Return whether the records of a JSON file have an amount of their own."""
        found = propose_columns(table, profile(table, self.workspace), self.workspace)
        return any(p.meaning in {"gross_amount", "total_amount"} and p.score > 0.7 for p in found)

    def exploded(self, table: Table, wanted: list[str]) -> Table:
        """Return a table with a row an item, where its records have lists of items."""
        places = [place for name in wanted for place in table.lists if plain(place) == plain(name)]
        place = (places or list(table.lists) or [""])[0]
        if not place:
            return table
        self.result.totals["explode"] = place
        return with_items(table, place, self.workspace)

    def choices(self, table: Table, input_name: str, columns: list[str]) -> dict[str, str]:
        """Return the columns that the setting `columns` names for an input, as the file spells them."""
        header = {plain(column): column for column in columns}
        found = {}
        for canonical, column in self.chosen.get(input_name, {}).items():
            if plain(str(column)) not in header:
                raise NotUsableError(
                    f"{table.path.name}: columns: '{column}' is not in the header"
                    f" (found: {', '.join(columns)})"
                )
            found[canonical] = header[plain(str(column))]
        return found

    def named_together(self, mapping: Mapping, rows: Rows) -> Mapping:
        """Return a mapping in the spelling that several files' columns have together."""
        content = mapping.kept()
        return replace(
            formats.resolve(mapping.name, content, rows.columns),
            label=mapping.label,
            note=mapping.note,
        )

    # --- How columns are read --------------------------------------------------------------------

    # --- Repeated orders -------------------------------------------------------------------------

    # --- Lines in a file of their own ------------------------------------------------------------

    # --- Other inputs ----------------------------------------------------------------------------

    # --- What is left ----------------------------------------------------------------------------

    def copy(self, select: str, path: Path) -> None:
        """Write a query to a Parquet file; no dictionary is begun for a column of many different values."""
        options = "format parquet, dictionary_size_limit 1000"
        self.connection.execute(f"copy ({select}) to {literal(str(path))} ({options})")

    def collect_rejects(
        self, relation: str, input_name: str, query: RowQuery, where: str, amount: str
    ) -> None:
        """Note rejected rows with only what their reason is about, without people in it."""
        cases = []
        for _, reason, columns in query.reasons:
            kept = [
                c
                for c in dict.fromkeys(columns)
                if not is_personal(c) and f"t_{query.rows.columns.index(c)}" in query.atoms
            ]
            pairs = ", ".join(
                f"{literal(column)}: redact(raw_{query.rows.columns.index(column)})"
                for column in kept
            )
            record = f"to_json({{{pairs}}})" if kept else "null"
            cases.append(f"when reason = {literal(reason)} then {record}")
        case = f"case {' '.join(cases)} end" if cases else "null"
        money = f"abs(coalesce({amount}, 0))" if amount else "0"
        self.rejects.append(
            f"select {literal(input_name)}, file_name, row_number, cast(null as varchar), reason,"
            f" cast({case} as varchar), {money} from {relation} where {where}"
        )

    def write_rejects(self) -> None:
        """Write all rejected and dropped rows, and count the reasons."""
        path = self.out / "rejected.parquet"
        names = ["input", "file_name", "row_number", "record_id", "reason", "raw_record", "amount"]
        types = ["varchar", "varchar", "bigint", "varchar", "varchar", "varchar", MONEY]
        empty = "select " + ", ".join(
            f"cast(null as {t}) as {n}" for n, t in zip(names, types, strict=True)
        )
        self.connection.execute(f"create table all_rejects as {empty} limit 0")
        for select in self.rejects:
            self.connection.execute(f"insert into all_rejects {select}")
        self.copy("from all_rejects order by input, file_name, row_number", path)
        self.result.reasons += self.connection.execute(
            "select input, reason, count(*) from all_rejects group by 1, 2 order by 3 desc, 1, 2"
        ).fetchall()
        self.result.reasons.sort(key=lambda one: -one[2])
