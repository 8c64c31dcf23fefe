"""Door 2: files of any kind become Parquet in the canonical columns, beside the rows that could not."""

import re
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from retention_cli.ingest import formats
from retention_cli.ingest.errors import DecisionNeededError, NotUsableError
from retention_cli.ingest.files import Progress, no_progress
from retention_cli.ingest.formats import (
    AMOUNTS,
    LINE_AMOUNTS,
    LINE_COLUMNS,
    ORDER_COLUMNS,
    Mapping,
    Source,
    TaxIncluded,
)
from retention_cli.ingest.layout import carried_down, ungrouped
from retention_cli.ingest.mapping import (
    SHARES,
    THRESHOLD,
    YES,
    Ask,
    distinct_texts,
    holds_tax_by_name,
    in_cents,
    profile,
    propose,
    propose_columns,
    share_of,
    text_of,
    with_share,
)
from retention_cli.ingest.names import (
    is_personal,
    known_words,
    name_scores,
    plain,
    status_means,
    synonyms,
    unit_words,
    words_of,
)
from retention_cli.ingest.privacy import define_hashes, salt_in
from retention_cli.ingest.records import (
    WITH_THREE_DECIMALS,
    WITHOUT_DECIMALS,
    Hints,
    Readings,
    RowQuery,
    Rows,
    currencies_in,
    phone_table,
    read_dates,
    read_numbers,
)
from retention_cli.ingest.tables import (
    FileReading,
    Table,
    Workspace,
    literal,
    one,
    quoted,
    read_table,
    with_items,
)
from retention_cli.ingest.taxes import LEAST_TAX, ROUNDING, UNKNOWN, Parts, decide_tax
from retention_cli.ingest.values import MONEY, define_macros
from retention_cli.project import project_settings

MOST_SEGMENT_VALUES = 250
HUNDREDTHS = (
    "no column says the currency of amounts in minor units, so a hundred make one; where they are yen or"
    ' dinars, say it with --vars "{reporting_currency: JPY}"'
)
# Of a status that says that money went back, in plain words: not all of it did.
PART_OF_ORDER = "partia|teilw|partiel|parci|parzi|gedeelt|częś"
# Columns by which dbt would take the tax out once more.
WHAT_TAX_IS_TOLD_BY = {"taxesincluded", "taxincluded", "pricesincludetax", "totalamount"}
STARTS_OF_VERSIONS = {"dbtvalidfrom", "fivetranstart", "validfrom", "effectivefrom"}
LEAST_REPEATS = 20  # orders of which one at least would be a second one
# The columns of the inputs beside orders and lines: what is needed, what is read where it is there.
OTHER_INPUTS: dict[str, tuple[list[str], list[str]]] = {
    "raw_customers": (
        ["customer_id"],
        ["email", "phone", "created_at", "updated_at", "referred_by_customer_id", "person_id"],
    ),
    "raw_refunds": (
        ["order_id", "refunded_at", "amount"],
        ["refund_id", "goods_amount", "tax_amount", "shipping_amount", "store", "updated_at"],
    ),
    "raw_costs": (["spent_on", "amount"], ["purpose", "channel", "currency"]),
    "raw_survey_responses": (
        ["customer_id", "responded_at", "score"],
        ["response_id", "touchpoint"],
    ),
    "raw_exchange_rates": (["currency", "valid_from", "rate"], []),
}
PARQUET = {"raw_orders": "orders", "raw_order_lines": "order_lines"}
PARQUET |= {name: name.removeprefix("raw_") for name in OTHER_INPUTS}


@dataclass(frozen=True)
class Request:
    """What a person asks to be imported.

    Attributes:
        files: of each input, `raw_orders` and so on, with the path to be written into shop.yml.
        settings: dbt's settings, and grain, columns, date_order, decimal_separator, phone_country.
        kept: decisions of a shop.yml, which are not made again; None where there are none.
        ask: asks a person to choose; returns None where nobody is there.
        accept: take proposals that are not sure.
    """

    files: dict[str, list[tuple[Path, str]]]
    settings: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] | None = None
    ask: Ask = lambda question, choices: None
    accept: bool = False
    progress: Progress = no_progress


@dataclass
class Count:
    """What became of the rows of an input, in rows and in money where it can be read."""

    raw: int = 0
    accepted: int = 0
    rejected: int = 0
    dropped: int = 0
    money: float = 0.0
    rejected_money: float = 0.0


@dataclass
class Imported:
    """What an import made.

    Attributes:
        folder: where the Parquet files are.
        outputs: the Parquet file of each input.
        counts: what became of the rows, by input.
        reasons: why rows were rejected or dropped: input, reason, rows; most first.
        mapping: what the columns of the orders mean.
        readings: how each file was read, by input.
        decisions: what was decided, with the evidence: subject, decision, evidence.
        notes: what a person should hear.
        settings: the settings for dbt, inputs included.
        kept: settings of the reader itself that shop.yml keeps.
        proposals: sentences on what columns were taken for.
        statuses: of the orders: status, how it is taken, orders, money; most first.
    """

    folder: Path
    outputs: dict[str, Path] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)
    reasons: list[tuple[str, str, int]] = field(default_factory=list)
    mapping: Mapping = field(default_factory=Mapping)
    files: dict[str, list[FileReading]] = field(default_factory=dict)
    decisions: list[tuple[str, str, str]] = field(default_factory=list)
    other_mappings: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    totals: dict[str, Any] = field(default_factory=dict)
    statuses: list[tuple[str, str, int, float]] = field(default_factory=list)

    @property
    def orders(self) -> Path | None:
        """The Parquet file of the orders."""
        return self.outputs.get("raw_orders")

    @property
    def refunds(self) -> Path | None:
        """The Parquet file of the refunds, None where there are none."""
        return self.outputs.get("raw_refunds")

    @property
    def lines(self) -> Path | None:
        """The Parquet file of the order lines, None where there are none."""
        return self.outputs.get("raw_order_lines")

    @property
    def rejected(self) -> Path:
        """The Parquet file of the rows that could not be used."""
        return self.folder / "rejected.parquet"

    @property
    def share_of_rows_lost(self) -> float:
        """Which share of the rows of orders was rejected."""
        count = self.counts["raw_orders"]
        return count.rejected / max(count.raw - count.dropped, 1)

    @property
    def share_of_money_lost(self) -> float:
        """Which share of the money that can be read is in rejected rows."""
        count = self.counts["raw_orders"]
        return count.rejected_money / count.money if count.money else 0.0

    @property
    def verdict(self) -> str:
        """Say in one line whether the files can be used."""
        lost = sum(count.rejected for count in self.counts.values())
        if not self.counts["raw_orders"].accepted:
            return "not usable: no row of the orders can be used"
        if not lost:
            return "ready: every row is used"
        reasons = "; ".join(
            f"{rows:,} x {reason}" for _, reason, rows in self.reasons[:3] if not is_drop(reason)
        )
        return (
            f"usable with a loss of {self.share_of_rows_lost:.1%} of rows and"
            f" {self.share_of_money_lost:.1%} of money ({reasons})"
        )


def is_drop(reason: str) -> bool:
    """Return whether a reason is one for which rows are left out on purpose."""
    return reason.startswith("left out: ")


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
    with tempfile.TemporaryDirectory(prefix="retention-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        with duckdb.connect() as connection:
            connection.execute(f"set temp_directory = {literal(str(place / 'spill'))}")
            define_macros(connection)
            known = project_settings() | request.settings
            define_hashes(
                connection,
                bytes(32) if look_only else salt_in(folder.parent),
                [*known["placeholder_addresses"], *known["unidentified_values"]],
                known["shared_mailboxes"],
            )
            workspace = Workspace(connection, place, formats.telling_names(), formats.layouts())
            out = place / "out"
            out.mkdir()
            importer = Importer(request, workspace, out)
            imported = importer.run()
            if look_only or not imported.counts["raw_orders"].accepted:
                return imported
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
        self.order_currencies: list[str] = []
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
        self.sort_out(tables)
        for name, some in tables.items():
            self.result.files[name] = [table.reading for table in some]
        customers = tables.get("raw_customers")
        self.import_orders(tables["raw_orders"], tables.get("raw_order_lines"))
        for name in OTHER_INPUTS:
            if name in tables:
                self.import_other(
                    name, customers if name == "raw_customers" and customers else tables[name]
                )
        self.settle_people()
        self.write_rejects()
        self.finish()
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

    def sort_out(self, tables: dict[str, list[Table]]) -> None:
        """Move files of lines and customers that were named among the orders to their inputs."""
        if len(tables["raw_orders"]) < 2:
            return
        kinds = {}
        for table in tables["raw_orders"]:
            kinds[id(table)] = self.kind_of(table)
        if "raw_orders" not in kinds.values():
            return
        for name in ["raw_order_lines", "raw_customers", "raw_refunds"]:
            moved = [table for table in tables["raw_orders"] if kinds[id(table)] == name]
            if moved and name not in tables:
                tables[name] = moved
                self.say(f"{', '.join(t.path.name for t in moved)}: taken as {name}")
                tables["raw_orders"] = [t for t in tables["raw_orders"] if t not in moved]

    def kind_of(self, table: Table) -> str:
        """Return which input a file is, by its ready mapping or the names of its columns."""
        recognised = formats.recognise(all_columns(table), list(table.lists))
        if recognised:
            kind = formats.ready_formats()[recognised].get("input", "orders")
            return {"lines": "raw_order_lines"}.get(kind, f"raw_{kind}")
        found = {
            p.meaning
            for p in propose_columns(table, profile(table, self.workspace), self.workspace)
            if p.score > 0.7
        }
        if self.holds_customers(table, found):
            return "raw_customers"
        if "ordered_at" in found or not found:
            return "raw_orders"
        if "order_id" in found and found & {"quantity", "unit_price", "product_id", "gross_amount"}:
            return "raw_refunds" if found & {"refunded_at", "refund_id"} else "raw_order_lines"
        if "customer_id" in found and "gross_amount" not in found:
            return "raw_customers"
        return "raw_orders"

    @staticmethod
    def holds_customers(table: Table, found: set[str]) -> bool:
        """Return whether a file holds people: their names or addresses, one id, and nothing of orders."""
        header = {plain(column) for column in table.columns}
        ids = {"id", "customerid", "userid", "clientid"} & header
        of_orders = {
            "quantity",
            "unit_price",
            "gross_amount",
            "total_amount",
            "product_id",
            "status",
        }
        about_people = "email" in found or any(map(is_personal, table.columns))
        return len(ids) == 1 and about_people and not found & of_orders and "orderid" not in header

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
        self.order_currencies = self.currencies_of(rows, mapping)
        lines = self.import_lines(line_tables) if line_tables else None
        is_declared = self.grain in {"line", "transaction", "order"} and self.grain != mapping.grain
        if is_declared:
            mapping = self.regrained(mapping, self.grain)
        elif "order_id" not in mapping.columns and mapping.grain == "order":
            mapping = replace(mapping, grain="transaction")
        self.result.mapping = mapping
        readings, hints = self.read_columns(rows, mapping)
        writer = OrderWriter(self, rows, mapping, readings, hints, lines)
        if is_declared and mapping.grain == "line":
            declared = self.with_amounts_of_orders(mapping, writer)
            if declared is not mapping:
                mapping = self.result.mapping = declared
                readings, hints = self.read_columns(rows, mapping)
                writer = OrderWriter(self, rows, mapping, readings, hints, lines)
        try:
            writer.write()
        except RepeatedOrdersError:
            mapping = self.settle_grain(writer)
            self.result.mapping = mapping
            readings, hints = self.read_columns(rows, mapping)
            writer = OrderWriter(self, rows, mapping, readings, hints, lines, settled=True)
            writer.write()
        count = writer.count
        count.raw = raw
        count.rejected += damaged
        count.dropped += footers
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
                    " any more; build the files anew"
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

    def regrained(self, mapping: Mapping, grain: str) -> Mapping:
        """Return a mapping with another grain; in one of lines the amounts are the lines' own."""
        if grain != "line":
            return replace(mapping, grain=grain)
        columns, lines = dict(mapping.columns), dict(mapping.line_columns)
        for name in [*AMOUNTS]:
            if name in columns:
                lines["amount" if name == "gross_amount" else name] = columns.pop(name)
        return replace(mapping, grain="line", columns=columns, line_columns=lines)

    # --- How columns are read --------------------------------------------------------------------

    def hints(self, mapping: Mapping) -> Hints:
        """Return what a person, else a ready mapping, says of how values are written."""
        order = self.settings.get("date_order") or ""
        sign = self.settings.get("decimal_separator") or ""
        if order or sign:
            return Hints(
                order or mapping.date_order,
                sign or mapping.decimal_separator,
                "setting",
                self.country,
            )
        said_by = "ready mapping" if mapping.date_order or mapping.decimal_separator else ""
        return Hints(mapping.date_order, mapping.decimal_separator, said_by, self.country)

    def decimals_of(self, rows: Rows, mapping: Mapping) -> int:
        """Return how many decimals every currency of a file has; 2 where they differ or are not known."""
        source = mapping.columns.get("currency")
        codes: set[str] = {source.constant.upper()} if source and source.constant else set()
        if source and len(source.of) == 1:
            text = text_of(source.of[0], rows.types[source.of[0]])
            found = distinct_texts(self.connection, rows.relation, text, MOST_SEGMENT_VALUES)
            codes = {code.upper() for code in found}
        known = {0: WITHOUT_DECIMALS, 3: WITH_THREE_DECIMALS}
        return next((n for n, some in known.items() if codes and codes <= some), 2)

    def read_columns(self, rows: Rows, mapping: Mapping) -> tuple[Readings, Hints]:
        """Find out how the columns that a mapping reads are written."""
        hints = replace(self.hints(mapping), decimals=lambda: self.decimals_of(rows, mapping))
        sources: dict[str, Source] = {**mapping.columns, **mapping.line_columns}
        refunds = mapping.refunds
        for name in ["amount", "total"]:
            if getattr(refunds, name):
                sources[f"refund {name}"] = getattr(refunds, name)
        if refunds.refunded_at:
            sources["refunded_at"] = refunds.refunded_at
        numbers: list[str] = []
        dates: dict[str, Source] = {}
        for name, source in sources.items():
            if name in {"ordered_at", "updated_at", "refunded_at", "created_at"}:
                dates |= dict.fromkeys(source.of, source)
            elif name.endswith("_amount") or name in {"amount", "quantity"} or "refund " in name:
                numbers += [
                    *source.of,
                    *source.plus,
                    *source.minus,
                    *source.times,
                    *source.less_share,
                    *source.per_cent,
                ]
        tax = mapping.tax_included
        if tax and tax.total:
            numbers += [tax.total, *tax.equals]
        numbers += [one.column for one in (*refunds.where, *mapping.drop) if one.negative]
        return self.readings_of(rows, dates, numbers, hints), hints

    def readings_of(
        self, rows: Rows, dates: dict[str, Source], numbers: list[str], hints: Hints
    ) -> Readings:
        """Find out how columns of dates and numbers are written, and note the evidence."""
        kept = self.kept.get("readings", {}).get(rows.input, {})
        ask = self.request.ask
        readings = Readings()
        for column, source in dates.items():
            given = kept.get(column)
            own = hints
            if given and given.get("order"):
                own = replace(hints, date_order=given["order"], said_by="setting")
            readings.dates[column] = read_dates(rows, column, self.workspace, own, ask, source.time)
            reading = readings.dates[column]
            if reading.order or reading.kind != "text" or reading.language:
                text = reading.order or reading.language or reading.kind
                self.decide(f"readings.{rows.input}.{column}", text, reading.evidence)
        signs = {
            c: given["decimal_separator"]
            for c, given in kept.items()
            if "decimal_separator" in given
        }
        if signs and not hints.decimal_separator:
            hints = replace(hints, decimal_separator=next(iter(signs.values())), said_by="setting")
        readings.numbers = read_numbers(rows, numbers, self.workspace, hints, ask)
        for column, number in readings.numbers.items():
            if rows.types[column] == "VARCHAR" and number.evidence != "whole numbers":
                self.decide(
                    f"readings.{rows.input}.{column}", number.decimal_separator, number.evidence
                )
        return readings

    def read_statuses(self, rows: Rows, mapping: Mapping) -> list[str]:
        """Note what statuses mean that no setting lists; return all that are no purchase, in lower case."""
        excluded, values = [], set()
        source = mapping.columns.get("status")
        for column in source.of if source else ():
            text = text_of(column, rows.types[column])
            values |= {*distinct_texts(self.connection, rows.relation, text, MOST_SEGMENT_VALUES)}
        known = project_settings() | self.settings
        known["excluded_statuses"] = [*known["excluded_statuses"], *mapping.statuses_excluded]
        for status in sorted(values):
            taken = treatment(status, known)
            if taken.startswith("unknown") and "excluded_statuses" not in self.settings:
                if status_means(status, "no_purchase"):
                    taken = "no purchase"
                    self.no_purchases = sorted({*self.no_purchases, status})
                elif status_means(status, "purchase"):
                    self.purchases = sorted({*self.purchases, status})
            excluded += [status] if taken == "no purchase" else []
        for what, noted in [("no purchase", self.no_purchases), ("a purchase", self.purchases)]:
            if noted:
                self.say(f"statuses taken as {what} by what they say: {', '.join(noted)}")
        return excluded

    # --- Repeated orders -------------------------------------------------------------------------

    def settle_grain(self, writer: "OrderWriter") -> Mapping:
        """Decide what rows with the same order id are.

        Raises:
            DecisionNeededError: neither lines nor versions are told by the rows.
        """
        mapping, facts = writer.mapping, writer.repeated_facts()
        if self.grain == "version":
            return replace(mapping, grain="version")
        has_line_columns = bool(
            {"product_id", "product_name", "quantity", "amount"} & set(mapping.line_columns)
        )
        ids = f"{facts['ids']:,} order id{'s' if facts['ids'] != 1 else ''}"
        if facts["identical"] == facts["ids"] and not has_line_columns:
            self.say(f"{ids} repeat in identical rows, which count once")
            return replace(mapping, grain="copies")
        if not facts["within_file"] and "updated_at" not in mapping.columns:
            self.stop_at_strangers(writer, facts["strangers"], facts["ids"])
        if not facts["within_file"]:
            self.say(f"{ids} stand in several files; the file with the latest orders counts")
            self.decide("grain", "version", "order ids repeat between files, never within one")
            return replace(mapping, grain="version")
        if "updated_at" in mapping.columns:
            self.decide(
                "grain", "record", "order ids repeat with different times of the last change"
            )
            return replace(mapping, grain="copies")
        same_order = facts["one_customer"] == facts["ids"] and facts["one_day"] == facts["ids"]
        if same_order and has_line_columns and facts["identical"] < facts["ids"]:
            made = self.regrained(mapping, "line")
            gross = made.line_columns.get("amount")
            if facts["one_amount"] == facts["ids"]:
                self.say(
                    f"{ids} have several rows with the amount on one of them: lines of an order"
                )
                columns = {**made.columns}
                if gross:
                    columns["gross_amount"] = gross
                rest = {n: s for n, s in made.line_columns.items() if n != "amount"}
                made = replace(made, columns=columns, line_columns=rest)
            elif (
                facts["equal_amounts"] == facts["ids"]
                and not self.is_total(made)
                and not (gross and (gross.times or is_of_line(gross.of[0])))
            ):
                whose = self.whose_amounts(writer)
                if not whose:
                    self.stop_at_repeats(writer, ids)
                self.say(f"{ids} have several rows with different products: lines of an order")
                made = self.with_amounts_of_orders(made, writer, is_of_order=whose == "order")
                if whose == "order" and self.price:
                    lines = {**made.line_columns, "amount": self.price}
                    made = replace(made, line_columns=lines)
            else:
                self.say(
                    f"{ids} have several rows with different products: lines, which are summed"
                )
                made = self.with_amounts_of_orders(made, writer)
            self.decide(
                "grain",
                "line",
                "rows of an order id share customer and day and differ in the product",
            )
            return made
        self.stop_at_repeats(writer, ids)
        raise AssertionError

    @staticmethod
    def is_total(mapping: Mapping) -> bool:
        """Return whether the amounts of lines stand in a column that is called the total of an order."""
        source = mapping.line_columns.get("amount")
        return bool(source and len(source.of) == 1 and is_total_column(source.of[0]))

    def whose_amounts(self, writer: "OrderWriter") -> str:
        """Return whether amounts that all rows of an order repeat are the `order`'s or each `line`'s.

        Prices and quantities of the rows tell: those of an order add up to its amount; "" where they do not.
        """
        if not self.price:
            return ""
        query, price = writer.query, self.price
        keys = [n for n in ["order_id", "store"] if n in writer.values]
        values = writer.values | {"price": query.amount(price, "price")}
        orders, of_order, of_line = one(
            self.connection,
            "select count(*), count(*) filter (abs(whole - total) < 0.02),"
            " count(*) filter (is_each) from ("
            " select max(gross_amount) as whole, sum(price) as total,"
            " bool_and(abs(gross_amount - price) < 0.02) as is_each"
            f" from ({query.sql(literal('line'), values)}) where reason is null"
            f" group by {', '.join(keys)} having count(*) > 1)",
        )
        return "order" if of_order == orders else "line" if of_line == orders else ""

    def with_amounts_of_orders(
        self, mapping: Mapping, writer: "OrderWriter", *, is_of_order: bool = False
    ) -> Mapping:
        """Return a mapping of lines in which what all lines of an order repeat is the order's.

        Lines of different goods hardly ever have the same tax, shipping or discount, in every order; the
        same total on all of them is that of the order where its column is called so.
        """
        names = [n for n in AMOUNTS if n in mapping.line_columns]
        if "amount" not in mapping.line_columns or not (
            names or is_of_order or self.is_total(mapping)
        ):
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
        orders = self.workspace.next_name()
        self.connection.execute(
            f"create table {orders} as select count(distinct own_amount) as different, {facts}"
            f" from ({query.sql(literal('line'), values)}) where reason is null"
            f" group by {', '.join(keys)} having count(*) > 1"
        )
        (same_total,) = one(
            self.connection, f"select count(*) > 0 and bool_and(amount_repeats) from {orders}"
        )
        of_orders = []
        if is_of_order or (same_total and self.is_total(mapping)):
            of_orders.append("amount")
        for name in names:
            (is_order,) = one(
                self.connection,
                f"select count(*) filter ((different > 1 or {bool(of_orders)}) and {name} > 0) > 0"
                f" and count(*) filter ({name} > 0 and not {name}_repeats) = 0 from {orders}",
            )
            of_orders += [name] if is_order else []
        if not of_orders:
            return mapping
        listed = ", ".join(of_orders)
        self.say(
            f"all lines of an order have the same {listed}: it is the order's, and counts once"
        )
        self.decide("amounts of orders", listed, "the same on all lines of every order")
        moved = {"gross_amount" if n == "amount" else n: mapping.line_columns[n] for n in of_orders}
        rest = {n: source for n, source in mapping.line_columns.items() if n not in of_orders}
        return replace(mapping, columns=mapping.columns | moved, line_columns=rest)

    def stop_at_strangers(self, writer: "OrderWriter", strangers: int, ids: int) -> None:
        """Stop where order ids that several files have are of other customers and days in each."""
        if self.grain != "version" and strangers * 2 > ids:
            raise DecisionNeededError(
                f"{writer.rows.names}: {strangers:,} order ids stand in several files with other"
                ' customers and days; say what the files are with --vars "{store: file}" (shops of'
                ' their own) or --vars "{grain: version}" (versions of an order, of which the last'
                " counts)"
            )

    def stop_at_repeats(self, writer: "OrderWriter", ids: str) -> None:
        """Stop, or ask what rows with the same order id are."""
        raise DecisionNeededError(
            f"{writer.rows.names}: {ids} repeat with different contents; say what the rows are with"
            ' --vars "{grain: line}" (lines of an order, which are summed) or'
            ' --vars "{grain: version}" (versions of an order, of which the last counts)'
        )

    # --- Lines in a file of their own ------------------------------------------------------------

    def import_lines(self, tables: list[Table]) -> str:
        """Read a file of lines; return a table with their amounts by order.

        The rows are typed: order_id, product_id, product_name, product_category, quantity, amount
        and the other amounts of lines.
        """
        whole = tables[0] if len(tables) == 1 else self.whole(tables)
        columns = all_columns(whole)
        chosen = self.choices(tables[0], "raw_order_lines", columns)
        recognised = formats.recognise(columns, [], "lines")
        if recognised:
            content = formats.ready_formats()[recognised]
            mapping = formats.resolve(recognised, content, whole.columns)
        else:
            proposals = propose_columns(whole, profile(whole, self.workspace), self.workspace)
            found = {p.meaning: p.column for p in proposals if p.score >= 0.6} | chosen
            for p in proposals:
                if p.score >= 0.6:
                    self.decide(
                        f"lines.{p.meaning}", p.column, f"{p.evidence}, score {p.score:.2f}"
                    )
            mapping = self.line_mapping(whole, found)
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
        rows = self.together(tables, "raw_order_lines")
        mapping = self.named_together(replace(mapping, grain="line"), rows)
        readings, hints = self.read_columns(rows, mapping)
        query = RowQuery(rows, readings, self.workspace, hints)
        if any(source.minor_units for source in mapping.line_columns.values()):
            query.atoms["minor_units"] = self.minor_units(rows.names)
        values = {
            "order_id": f"private_id(plain_id({query.plain_text(mapping.columns['order_id'], is_id=True)}))"
        }
        if "store" in mapping.columns:
            values["store"] = f"shareable({query.plain_text(mapping.columns['store'])})"
        elif self.store and (store := self.stores_of_lines(tables)):
            values["store"] = store
        values |= line_values(query, mapping)
        self.take_tax_out_of_lines(query, mapping, values)
        query.reject("order_id is null", "order_id is empty", mapping.columns["order_id"].columns)
        query.reject("amount is null", "amount is empty", mapping.line_columns["amount"].columns)
        name = self.workspace.next_name()
        self.connection.execute(f"create table {name} as {query.sql(literal('line'), values)}")
        self.collect_rejects(name, "raw_order_lines", query, "reason is not null", "amount")
        count = Count(raw=sum(t.raw_rows for t in tables), dropped=sum(t.footers for t in tables))
        (count.accepted, rejected) = one(
            self.connection, f"select count(*) filter (reason is null), count(reason) from {name}"
        )
        count.rejected = rejected + sum(len(t.damaged) for t in tables)
        self.result.counts["raw_order_lines"] = count
        return name

    def currencies_of(self, rows: Rows, mapping: Mapping) -> list[str]:
        """Return the codes of the currencies of orders that a column or the name of one says."""
        source = mapping.columns.get("currency")
        if not source or not source.of:
            return [source.constant.upper()] if source and source.constant else []
        text = text_of(source.of[0], rows.types[source.of[0]])
        found = distinct_texts(self.connection, rows.relation, text, MOST_SEGMENT_VALUES)
        return [code.upper() for code in found]

    def minor_units(self, names: str) -> str:
        """Return SQL of the minor units that make one in a file without currencies, as lines and refunds are.

        Raises:
            NotUsableError: the orders have currencies of other minor units than one another.
        """
        codes = self.order_currencies or [str(self.settings.get("reporting_currency") or "")]
        units = {one(self.connection, f"select {units_of(literal(code))}")[0] for code in codes}
        if len(units) > 1:
            raise NotUsableError(
                f"{names}: amounts are in minor units such as cents, which {', '.join(codes)} have"
                " different ones of; give them in whole units"
            )
        if codes == [""]:
            self.say(HUNDREDTHS)
        return str(units.pop())

    def take_tax_out_of_lines(
        self, query: RowQuery, mapping: Mapping, values: dict[str, str]
    ) -> None:
        """Take the tax out of lines that have their own, where something says that their prices hold it."""
        tax, amount = mapping.tax_included, mapping.line_columns["amount"]
        self.lines_hold_tax = ""
        if tax and tax.column:
            text = f"lower({query.text(tax.column)})"
            self.lines_hold_tax = f"coalesce({text} in ({', '.join(map(literal, YES))}), false)"
        elif tax and tax.always:
            self.lines_hold_tax = "true"
            self.say(f"{amount.of[0]}: holds the tax by its name, which is taken out")
        own = values.get("tax_amount")
        whole = values["amount"]
        if "discount_amount" in values:
            whole = f"({whole} - coalesce({values['discount_amount']}, 0))"
        if own and tax and tax.total:
            # Where the amount of a line is larger than its price by just the tax, the price is the goods'.
            total = query.amount(replace(amount, of=(tax.total,), times=()), tax.total)
            rest = f"abs({total} - ({whole}"
            (added, others) = one(
                self.connection,
                "select count(*) filter (is_added), count(*) filter (not is_added) from ("
                + query.sql(
                    literal(""),
                    {"is_added": f"{rest} + {own})) <= {ROUNDING}", "tax": f"abs({own})"},
                )
                + f") where tax > {LEAST_TAX}",
            )
            if added > others:
                self.decide(
                    "lines.tax_included", "prices are without it", f"{added:,} lines add it"
                )
                self.lines_hold_tax = "false"
            else:
                values["amount"] = total
        if not self.lines_hold_tax:
            return
        if own:
            share = (
                f"case when {self.lines_hold_tax} and abs({own}) < abs({whole}) then 1"
                f" - abs(cast({own} as double)) / abs(cast({whole} as double)) else 1 end"
            )
            for name in ["amount", "discount_amount"]:
                if name in values:
                    values[name] = (
                        f"cast(round(cast({values[name]} as double) * ({share}), 4) as {MONEY})"
                    )
            self.lines_hold_tax = "false"
        else:
            values["holds_tax"] = self.lines_hold_tax

    def stores_of_lines(self, tables: list[Table]) -> str:
        """Return SQL of the shop of a line: that of the file of orders whose name has the same words.

        "" where a file of lines has the words of no file of orders.
        """
        orders = [
            path
            for path, _ in self.request.files["raw_orders"]
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

    def line_mapping(self, table: Table, found: dict[str, str]) -> Mapping:
        """Return what the columns of a file of lines mean, of the columns found by meaning."""
        lines: dict[str, Source] = {}
        for meaning in ["product_id", "product_name", "product_category", "quantity"]:
            if meaning in found:
                lines[meaning] = Source(of=(found[meaning],))
        profiles = profile(table, self.workspace)
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
            self.say(f"{discount}: taken as {SHARES[share]} of the price")
        elif discount and not share:
            lines["discount_amount"] = Source(of=(discount,), sign="either")
        elif discount:
            self.say(
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

    # --- Other inputs ----------------------------------------------------------------------------

    def import_other(self, input_name: str, tables: list[Table]) -> None:
        """Write a file of customers, refunds, costs, answers or exchange rates as Parquet."""
        needed, optional = OTHER_INPUTS[input_name]
        whole = tables[0] if len(tables) == 1 else self.whole(tables)
        chosen = self.choices(tables[0], input_name, whole.columns)
        kept = self.kept.get(input_name, {}).get("columns") if self.kept else None
        found = dict(kept or self.columns_of(whole, [*needed, *optional]))
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
        rows = self.together(tables, input_name)
        spelled = {plain(column): column for column in rows.columns}
        found = {
            name: spelled[plain(column)]
            for name, column in found.items()
            if plain(column) in spelled
        }
        self.result.other_mappings[input_name] = found
        hints = self.hints(self.result.mapping)
        dates = {
            found[n]: Source(of=(found[n],))
            for n in found
            if n.endswith("_at") or n in {"spent_on", "valid_from"}
        }
        numbers = [found[n] for n in found if n.endswith("amount") or n in {"score", "rate"}]
        readings = self.readings_of(rows, dates, numbers, hints)
        query = RowQuery(rows, readings, self.workspace, hints)
        values: dict[str, str] = {}
        for name, column in found.items():
            values[name] = self.other_value(query, name, column, rows)
        cents = [n for n in numbers if unit_words(n)[1] and input_name != "raw_survey_responses"]
        if cents and all(
            seen.whole for name, seen in profile(whole, self.workspace).items() if name in cents
        ):
            query.atoms["minor_units"] = self.minor_units(rows.names)
            for name in [name for name in found if name.endswith("amount")]:
                if found[name] in cents:
                    values[name] = f"cast(({values[name]}) / minor_units as {MONEY})"
        if input_name == "raw_refunds":
            self.complete_refunds(values, rows, found)
        if input_name == "raw_costs" and "purpose" not in values:
            values["purpose"] = "'acquisition'"
            self.say("costs name no purpose; all are taken as acquisition")
        if input_name == "raw_survey_responses" and "response_id" not in values:
            values["response_id"] = "'R' || file_name || row_number"
            self.say("answers have no id; ids are made")
        if by_address and "customer_id" not in found:
            text = query.plain_text(Source(of=(found["email"],)))
            values = {"customer_id": f"private_id({text})", **values}
            self.say(f"customers have no id; {found['email']} is theirs")
            identity = self.settings.get("customer_identity")
            if (identity or self.result.mapping.customer_identity) == "customer_id":
                self.say(
                    "orders name customers by their ids, so nothing of the customers' file is known of"
                    ' them; --vars "{customer_identity: email}" tells people apart by address'
                )
        for name in needed:
            column = found.get(name) or found["email"]
            query.reject(f"{name} is null", f"{name} is empty", [column])
        used = set(found.values())
        if input_name == "raw_customers":
            values |= self.segments_of(query, rows, used, ())
        name = self.workspace.next_name()
        self.connection.execute(f"create table {name} as {query.sql(literal('record'), values)}")
        self.collect_rejects(
            name, input_name, query, "reason is not null", "amount" if "amount" in values else ""
        )
        path = self.out / f"{PARQUET[input_name]}.parquet"
        columns = ", ".join(quoted(column) for column in values)
        self.copy(f"select {columns} from {name} where reason is null", path)
        self.result.outputs[input_name] = path
        count = Count(raw=sum(t.raw_rows for t in tables), dropped=sum(t.footers for t in tables))
        count.accepted, rejected = one(
            self.connection, f"select count(*) filter (reason is null), count(reason) from {name}"
        )
        count.rejected = rejected + sum(len(t.damaged) for t in tables)
        self.result.counts[input_name] = count

    def settle_people(self) -> None:
        """Name people by the id that several ids of customers share, where each order has an id of its own."""
        orders = self.result.orders
        if not orders:
            return
        names = [
            n
            for n, *_ in self.connection.execute(f"describe from {literal(str(orders))}").fetchall()
        ]
        if "customer_id" not in names or self.result.mapping.customer_identity != "customer_id":
            return
        number, ids = one(
            self.connection,
            f"select count(customer_id), count(distinct customer_id) from {literal(str(orders))}",
        )
        path = self.result.outputs.get("raw_customers")
        if path and "person_id" in self.result.other_mappings["raw_customers"]:
            customers = f"(from {literal(str(path))})"
            records, people, several = one(
                self.connection,
                "select count(distinct customer_id), count(distinct person_id), max(people) from"
                f" (select *, count(distinct person_id) over (partition by customer_id) as people from {customers})",
            )
            column = self.result.other_mappings["raw_customers"]["person_id"]
            if number and number == ids and people < records and several == 1:
                self.rewrite(
                    orders,
                    f"select * exclude (person_id) replace (coalesce(person_id, customer_id) as customer_id)"
                    f" from {literal(str(orders))} left join (select distinct customer_id, person_id"
                    f" from {customers}) using (customer_id)",
                )
                self.rewrite(
                    path,
                    "select * exclude (person_id) replace (coalesce(person_id, customer_id) as customer_id)"
                    f" from {literal(str(path))}",
                )
                self.say(
                    f"each order has a customer_id of its own; {column} of the customers says who ordered"
                )
                self.decide(
                    "customer_id", column, f"{records:,} ids of customers stand for {people:,}"
                )
                return
            self.rewrite(path, f"select * exclude (person_id) from {literal(str(path))}")
        if number >= LEAST_REPEATS and number == ids:
            self.say(
                "no customer has a second order: where customer_id is a new one for each order, name the"
                " column that says who ordered"
            )

    def rewrite(self, path: Path, select: str) -> None:
        """Replace a Parquet file by a query over it."""
        name = self.workspace.next_name()
        self.connection.execute(f"create table {name} as {select}")
        self.copy(f"from {name}", path)
        self.connection.execute(f"drop table {name}")

    def columns_of(self, table: Table, meanings: list[str]) -> dict[str, str]:
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

    def other_value(self, query: RowQuery, name: str, column: str, rows: Rows) -> str:
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
            table = phone_table(rows, column, self.workspace, self.country)
            return f"(select p.phone from {table} as p where p.raw = {query.text(column)})"
        text = query.plain_text(source, is_id=name.endswith("_id"))
        if name in {"customer_id", "referred_by_customer_id"}:
            return self.customer_sql(text)
        if name.endswith("_id"):
            return f"private_id(plain_id({text}))"
        return f"shareable({text})"

    def customer_sql(self, text: str) -> str:
        """Return SQL of a customer's id: a name or an address only as its keyed hash."""
        if self.result.mapping.customer_is_name:
            return f"case when not is_nobody({text}) then keyed_name({text}) end"
        return f"private_id(plain_id({text}))"

    def complete_refunds(self, values: dict[str, str], rows: Rows, found: dict[str, str]) -> None:
        """Turn the amounts of refunds to positive ones where all are negative; make ids."""
        text = text_of(found["amount"], rows.types[found["amount"]])
        positive, negative = one(
            self.connection,
            f"select count(*) filter (not starts_with(money_text(v), '-')),"
            f" count(*) filter (starts_with(money_text(v), '-'))"
            f" from (select {text} as v from {rows.relation}) where v is not null",
        )
        rest = [values.pop(n) for n in ["tax_amount", "shipping_amount"] if n in values]
        if rest and "goods_amount" not in values:
            values["goods_amount"] = (
                f"({values['amount']} - {' - '.join(f'coalesce({sql}, 0)' for sql in rest)})"
            )
            self.say("refunds name their tax or shipping; what is left of the amount is goods")
        if negative and not positive:
            values["amount"] = f"-({values['amount']})"
            if "goods_amount" in values:
                values["goods_amount"] = f"-({values['goods_amount']})"
            self.decide("refunds.sign", "negative", f"all {negative} amounts are negative")
        if "refund_id" not in values:
            values["refund_id"] = f"{values['order_id']} || '-refund-' || row_number"
            self.say("refunds have no id; ids are made")

    def segments_of(
        self, query: RowQuery, rows: Rows, used: set[str], personal: tuple[str, ...]
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
                self.connection,
                f"select count(distinct v), count(*) filter (contains(v, '@')), max(length(v))"
                f" from (select {text} as v from {rows.relation} limit 20000)",
            )
            if values and not addresses and values <= MOST_SEGMENT_VALUES and long <= 80:
                name = column if column.lower() not in taken else f"{column}_"
                found[name] = f"shareable({query.text(column)})"
        return found

    # --- What is left ----------------------------------------------------------------------------

    def copy(self, select: str, path: Path) -> None:
        """Write a query to a Parquet file."""
        self.connection.execute(f"copy ({select}) to {literal(str(path))} (format parquet)")

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

    def finish(self) -> None:
        """Put together the settings for dbt, and say what a person should hear."""
        mapping = self.result.mapping
        settings = {
            k: v for k, v in self.settings.items() if k not in {"date_order", "decimal_separator"}
        }
        if "customer_identity" not in settings and mapping.customer_identity != "customer_id":
            settings["customer_identity"] = mapping.customer_identity
        for name, found in [
            ("excluded_statuses", [*mapping.statuses_excluded, *self.no_purchases]),
            ("purchase_statuses", self.purchases),
        ]:
            if found and name not in settings:
                settings[name] = list(dict.fromkeys([*project_settings()[name], *found]))
        self.result.settings = settings
        self.result.kept = {"phone_country": self.country, "store": self.store}
        self.statuses_of(project_settings() | settings)
        self.latest_day()
        self.identity_hint(settings)
        self.nothing_but_zeros()
        self.currency_choice(settings)

    def statuses_of(self, settings: dict[str, Any]) -> None:
        """Count the orders of each status, and say how it is taken."""
        path = self.result.orders
        if not path:
            return
        columns = self.connection.execute(f"describe from {literal(str(path))}").fetchall()
        if "status" not in {name for name, *_ in columns}:
            return
        counted = self.connection.execute(
            "select lower(status), count(*), cast(sum(gross_amount) as double)"
            f" from {literal(str(path))} group by 1 order by 2 desc, 1"
        ).fetchall()
        self.result.statuses = [
            (status or "(none)", treatment(status, settings), orders, money or 0.0)
            for status, orders, money in counted
        ]
        unknown = [status for status, taken, *_ in self.result.statuses if taken.startswith("unk")]
        paid_back = [s for s, *_ in self.result.statuses if status_means(s, "paid_back")]
        if self.refunds_by_status:
            paid_back = [s for s in paid_back if re.search(PART_OF_ORDER, plain(s))]
        if paid_back and (self.refunds_by_status or not self.result.refunds):
            self.say(
                f"orders are {' or '.join(paid_back)} by their status, and no column says how much was"
                " paid back: their money counts, unless excluded_statuses names them or --refunds is"
                " given"
            )
        if unknown:
            self.say(
                f"unknown statuses: {', '.join(unknown)}; name them in purchase_statuses or"
                " excluded_statuses"
            )

    def latest_day(self) -> None:
        """Note the day up to which the orders' files go, where refunds in them go on beyond orders."""
        orders, refunds = self.result.orders, self.result.refunds
        if not orders or not refunds or "raw_refunds" in self.request.files:
            return
        last, last_refund = one(
            self.connection,
            f"select (select max(cast(ordered_at as date)) from {literal(str(orders))}),"
            f" (select max(cast(refunded_at as date)) from {literal(str(refunds))})",
        )
        if last and last_refund and last_refund > last:
            self.result.totals["as_of_date"] = last_refund.isoformat()
            self.say(f"the files go up to {last_refund}, the day of their last refund: as_of_date")

    def identity_hint(self, settings: dict[str, Any]) -> None:
        """Hint at another identity where many orders have none but a filled column could be one."""
        path = self.result.outputs.get("raw_orders")
        if not path:
            return
        by = settings.get("customer_identity", "customer_id")
        types = {
            n for n, *_ in self.connection.execute(f"describe from {literal(str(path))}").fetchall()
        }
        nobody = (project_settings() | settings)["guest_customer_ids"]
        guests = ", ".join(literal(str(one).lower()) for one in ["", *nobody])
        counts = {
            name: one(
                self.connection,
                f"select count({name}) filter (lower({name}) not in ({guests})), count(*)"
                f" from {literal(str(path))}",
            )
            for name in ["customer_id", "email", "phone"]
            if name in types
        }
        if by not in counts:
            return
        filled, orders = counts[by]
        if orders and filled < 0.7 * orders:
            for name, (others, _) in counts.items():
                if name != by and others > max(0.3 * orders, filled):
                    self.say(
                        f"{orders - filled:,} of {orders:,} orders have no {by}, but {others:,} a"
                        f' {name}: --vars "{{customer_identity: {name}}}" uses it'
                    )

    def nothing_but_zeros(self) -> None:
        """Stop where every order is worth nothing: another column holds what was paid."""
        path, mapping = self.result.orders, self.result.mapping
        source = mapping.columns.get("gross_amount") or mapping.line_columns.get("amount")
        if not path or not source or mapping.name != "generic" or self.chosen or self.kept:
            return
        (money,) = one(self.connection, f"select sum(abs(gross_amount)) from {literal(str(path))}")
        if money == 0:
            raise DecisionNeededError(
                f"every amount is 0 in {' and '.join(source.columns)}: name the column that says what was"
                ' paid with --vars "{columns: {raw_orders: {gross_amount: <column>}}}"'
            )

    def currency_choice(self, settings: dict[str, Any]) -> None:
        """Stop where several currencies would need rates that are not given."""
        path = self.result.outputs.get("raw_orders")
        if not path or settings.get("reporting_currency"):
            return
        described = self.connection.execute(f"describe from {literal(str(path))}").fetchall()
        if "currency" not in {name for name, *_ in described}:
            return
        found = self.connection.execute(
            f"select currency, count(*) from {literal(str(path))} where currency is not null"
            " group by 1 order by 2 desc, 1"
        ).fetchall()
        if len(found) > 1:
            listed = ", ".join(f"{code} ({rows:,})" for code, rows in found)
            raise DecisionNeededError(
                f"the orders are in several currencies, {listed}: say which one counts with --vars"
                f' "{{reporting_currency: {found[0][0]}}}", and give --exchange-rates for the others'
            )


class RepeatedOrdersError(Exception):
    """Order ids repeat, and what that means is not settled."""


def treatment(status: str | None, settings: dict[str, Any]) -> str:
    """Return how orders of a status are taken, in the words of retention__order_statuses."""

    def normal(text: str) -> str:
        return re.sub(r"[ _]", "-", text.strip().lower()).removeprefix("wc-")

    if status is None:
        return "purchase"
    if normal(status) in map(normal, settings["excluded_statuses"]):
        return "no purchase"
    if normal(status) in map(normal, settings["purchase_statuses"]):
        return "purchase"
    is_purchase = settings["unknown_statuses"] == "purchase"
    return f"unknown, taken as {'a' if is_purchase else 'no'} purchase"


def listed(texts: set[str]) -> str:
    """Return texts as SQL lists them."""
    return ", ".join(literal(text) for text in sorted(texts))


def store_of(file_name: str) -> str:
    """Return SQL of the shop that a file is of, with `store: file`."""
    return f"shareable(regexp_replace({file_name}, '\\.[^/]*$', ''))"


def distinct_names(paths: list[Path]) -> list[str]:
    """Return the names of files, with as many of their folders as tell them apart."""
    for depth in range(1, max(len(path.parts) for path in paths) + 1):
        names = ["/".join(path.parts[-depth:]) for path in paths]
        if len(set(names)) == len(set(paths)):
            return names
    return [str(path) for path in paths]


def own_words(paths: list[Path]) -> list[frozenset[str]]:
    """Return the words of each file's name and folders that not all of the files have."""
    words = [frozenset(words_of(f"{path.parent} {path.stem}")) for path in paths]
    common = frozenset.intersection(*words)
    return [some - common for some in words]


def is_of_line(column: str) -> bool:
    """Return whether the name of a column says that it holds something of a line of an order."""
    return bool(set(words_of(column)) & known_words("table", "says_line")) or plain(
        column
    ).startswith("line")


def all_columns(table: Table) -> list[str]:
    """Return the columns of a table, and those of the objects in its lists."""
    return [*table.columns, *(name for _, columns in table.lists.values() for name in columns)]


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
            values["customer_id"] = self.importer.customer_sql(text)
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
        others = self.importer.segments_of(query, self.rows, used, mapping.personal)
        for name, sql in others.items():
            if name.lower() not in {value.lower() for value in values}:
                values[name] = sql
                self.segments.append(name)
        self.tax_values()
        return self.kind_sql()

    def nothing_for_no_purchase(self, status: str) -> None:
        """Take an empty amount of an order that is no purchase by its status for nothing."""
        excluded = self.no_purchases = self.importer.read_statuses(self.rows, self.mapping)
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
                        "written into the cells of the amount",
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
                f"{without:,} of {numbers:,} numbers in {column} have no code of a country, so they meet no"
                ' number with one: --vars "{phone_country: DE}" says whose they are'
            )

    def tax_values(self) -> None:
        """Take the tax out of prices that hold it, in the order's own proportion."""
        tax, values = self.mapping.tax_included, self.values
        goods = "gross_amount" if "gross_amount" in values else "line_amount"
        # Amounts are the order's, or those of its lines.
        named = {
            name: name if name in values else f"line_{name}"
            for name in ["discount_amount", "shipping_amount", "tax_amount"]
        }
        if self.lines and not ({goods, "tax_amount"} <= set(values)):
            # The goods or their tax stand in the file of lines.
            if tax and tax.always:
                values["holds_tax"] = "true"
            elif tax and tax.column:
                text = f"lower({self.query.text(tax.column)})"
                values["holds_tax"] = f"coalesce({text} in ({', '.join(map(literal, YES))}), false)"
            return
        if not tax or named["tax_amount"] not in values or goods not in values:
            return
        whole = {name: self.or_nothing(name) for name in [goods, *named.values()]}
        if goods == "line_amount" and self.has_tips():
            tip = self.query.any_of(self.mapping.tips)
            whole[goods] = f"case when {tip} then 0 else {whole[goods]} end"
        if goods == "line_amount" and set(named) & set(values):
            # Some amounts are the order's, so those of its lines are added up.
            whole = {
                name: f"sum({sql}) over ({self.lines_of_order()})" if name[:5] == "line_" else sql
                for name, sql in whole.items()
            }
        parts = Parts(
            goods=f"({whole[goods]} - {whole[named['discount_amount']]})",
            shipping=whole[named["shipping_amount"]],
            tax=whole[named["tax_amount"]],
            total="null",
        )
        if tax.always:
            condition = "true"
        elif tax.column:
            text = f"lower({self.query.text(tax.column)})"
            condition = f"coalesce({text} in ({', '.join(map(literal, YES))}), false)"
        else:
            parts, condition = self.tax_by_totals(tax, parts, whole[goods])
        share = (
            f"case when {condition} and abs({parts.tax}) < abs({parts.whole}) then 1"
            f" - abs(cast({parts.tax} as double)) / abs(cast({parts.whole} as double)) else 1 end"
        )
        if goods == "gross_amount" and "line_amount" in values and condition != "false":
            values["tax_share"] = share
        for name in [goods, named["discount_amount"], named["shipping_amount"]]:
            if name in values and condition != "false":
                values[name] = (
                    f"cast(round(cast({values[name]} as double) * ({share}), 4) as {MONEY})"
                )

    def or_nothing(self, name: str) -> str:
        """Return SQL of an amount that is 0 where it is empty or there is none."""
        return f"coalesce({self.values[name]}, 0)" if name in self.values else "0"

    def lines_of_order(self) -> str:
        """Return SQL of the window of all rows of an order."""
        order = self.mapping.columns["order_id"]
        return f"partition by file_name, {self.query.text(order.grouped_by or order.of[0])}"

    def tax_by_totals(self, tax: TaxIncluded, parts: Parts, gross: str) -> tuple[Parts, str]:
        """Find out by the totals of all orders which prices hold the tax.

        Returns:
            The parts of an order, and SQL of whether its prices hold the tax.
        """
        importer, query, columns = self.importer, self.query, self.mapping.columns
        amounts = [columns.get(n) for n in ["gross_amount", "discount_amount", "shipping_amount"]]
        amounts.append(self.mapping.line_columns.get("amount"))
        known = {column for source in amounts if source for column in source.columns}
        per = " / minor_units" if any(one.minor_units for one in amounts if one) else ""

        def number(column: str) -> str:
            return f"({query.number(column, column, is_needed=False)}{per})"

        others = [f"coalesce({number(c)}, 0)" for c in tax.equals if c not in known]
        if "line_amount" in self.values and self.has_tips():
            others.append(
                f"coalesce(sum(case when {query.any_of(self.mapping.tips)} then"
                f" {self.values['line_amount']} end) over ({self.lines_of_order()}), 0)"
            )
        parts = replace(
            parts, total=number(tax.total), others=f"({' + '.join(others)})" if others else "0"
        )
        # Some exports' subtotals are before discounts, of others after them: the totals tell which.
        readings = {"after": parts, "before": replace(parts, goods=gross)}
        values: dict[str, str] = {}
        for name, some in readings.items():
            values |= {f"reading_{name}": some.reading(), f"whole_{name}": some.whole}
        orders = importer.workspace.next_name()
        order = ""
        if self.mapping.grain == "line":
            # An order of many lines is one witness, not many.
            order = "distinct order_id, "
            values["order_id"] = self.values["order_id"]
        self.connection.execute(
            f"create table {orders} as select {order}reading_after, whole_after, reading_before,"
            f" whole_before, tax from ({query.sql(literal(''), {**values, 'tax': parts.tax})})"
            " where tax <> 0"
        )
        after, before = one(
            self.connection,
            "select count(*) filter (reading_after in ('included', 'added')),"
            f" count(*) filter (reading_before in ('included', 'added')) from {orders}",
        )
        best = "before" if before > after else "after"
        decision = decide_tax(
            self.connection,
            f"(select reading_{best} as reading, whole_{best} as whole, tax from {orders})",
            readings[best],
            is_complete=self.mapping.name != "generic",
        )
        self.connection.execute(f"drop table {orders}")
        importer.result.decisions = [
            one for one in importer.result.decisions if one[0] != "tax_included"
        ]
        importer.decide("tax_included", decision.decision, decision.evidence)
        self.tax_note = decision.note
        return readings[best], decision.condition

    def has_tips(self) -> bool:
        """Return whether a line of the file is a tip."""
        tests = []
        for condition in self.mapping.tips:
            text = text_of(condition.column, self.rows.types[condition.column])
            tests.append(f"lower({text}) in ({', '.join(map(literal, condition.values))})")
        if not tests:
            return False
        (tips,) = one(
            self.connection,
            f"select count(*) from {self.rows.relation} where {' or '.join(tests)}",
        )
        return bool(tips)

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
                    f"regexp_full_match({name}, '[0-9](\\.[0-9]+)?[eE]\\+?[0-9]+')",
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
        if self.mapping.grain == "line":
            self.write_grouped()
        else:
            self.write_rows()
        if self.tax_note:
            self.importer.say(self.tax_note)
        self.refund_by_status()

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
        good = f"{source} where kind = 'order' and reason is null"
        if self.mapping.grain == "version":
            good = f"{self.latest_versions(source)} where kind = 'order' and reason is null"
        importer.copy(f"select {columns} from {good}", path)
        (orders,) = one(connection, f"select count(*) from {literal(str(path))}")
        self.check_repeats(path, orders)
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
        self.account(rest, path)
        if self.lines:
            self.join_lines(path)
        importer.result.outputs["raw_orders"] = path
        self.write_refunds(rest, path, source)
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

    def check_repeats(self, path: Path, orders: int) -> None:
        """Stop where order ids repeat and nothing says what that means."""
        if self.settled or self.mapping.grain != "order":
            return
        key = "order_id, store" if "store" in self.values else "order_id"
        (distinct,) = one(
            self.connection, f"select count(distinct hash({key})) from {literal(str(path))}"
        )
        if distinct < orders:
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

    def account(self, rest: str, path: Path) -> None:
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
                    ("raw_orders", "left out: no order by its kind", rows)
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

    def join_lines(self, path: Path) -> None:
        """Give orders the amounts of their lines, which are in a file of their own."""
        importer, connection = self.importer, self.connection
        names = [n for n, *_ in connection.execute(f"describe {self.lines}").fetchall()]
        amounts = [n for n in LINE_AMOUNTS if n in names]
        sums = ", ".join(f"cast(sum({n}) as {MONEY}) as line_{n}" for n in amounts)
        orders = [
            n for n, *_ in connection.execute(f"describe from {literal(str(path))}").fetchall()
        ]
        others = [n for n in orders if n not in {*amounts, "gross_amount", "holds_tax"}]
        selected = [f"orders.{quoted(n)}" for n in others]
        for name in amounts:
            target = "gross_amount" if name == "amount" else name
            own = f"orders.{target}, " if target in orders else ""
            selected.append(f"coalesce({own}line_{name}) as {target}")
        gross = self.mapping.columns.get("gross_amount")
        if {"tax_amount"} <= {*amounts} - {*orders} and gross and is_total_column(gross.of[0]):
            # The order's total holds the tax, which only its lines name.
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
            self.stop_at_lines_of_any_store(path)
        joined = importer.workspace.next_name()
        connection.execute(
            f"create table {joined} as select {', '.join(selected)} from {literal(str(path))} as orders"
            f" left join (select {key}, {sums} from {self.lines} where reason is null group by {key}) as l"
            f" on {same}"
        )
        self.take_tax_out_of(joined, {*others, *amounts}, bool(flags), "gross_amount" in orders)
        matched, orders_without = one(
            connection,
            f"select count(gross_amount), count(*) filter (gross_amount is null) from {joined}",
        )
        of_order = f"exists (select 1 from {joined} as orders where {same})"
        (lost,) = one(
            connection,
            f"select count(*) from {self.lines} as l where reason is null and not {of_order}",
        )
        if not matched:
            raise NotUsableError(
                f"{self.rows.names}: no order has a line: the ids of orders and lines have nothing in"
                " common; name the columns of both with --vars columns"
            )
        if orders_without:
            importer.rejects.append(
                f"select 'raw_orders', {literal(self.rows.names)}, cast(null as bigint), order_id,"
                f" 'gross_amount is empty: the order has no line', null, 0 from {joined}"
                " where gross_amount is null"
            )
            self.count.accepted -= orders_without
            self.count.rejected += orders_without
        if lost:
            importer.say(f"{lost:,} lines belong to no order of the file and are not used")
        importer.copy(f"from {joined} where gross_amount is not null", path)
        importer.decide(
            "grain", "orders and lines", f"{matched:,} orders have the sum of their lines"
        )
        kept = [n for n in ["order_id", "store", *LINE_COLUMNS, *LINE_AMOUNTS[1:]] if n in names]
        lines_path = importer.out / "order_lines.parquet"
        importer.copy(
            f"select {', '.join(kept)} from {self.lines} as l where reason is null and {of_order}",
            lines_path,
        )
        importer.result.outputs["raw_order_lines"] = lines_path

    def stop_at_lines_of_any_store(self, path: Path) -> None:
        """Stop where lines may be of several orders of one id, each of another store.

        Raises:
            NotUsableError: nothing says whose they are.
        """
        (ids,) = one(
            self.connection,
            f"select count(*) from (select 1 from {literal(str(path))} as orders"
            f" join {self.lines} as l using (order_id)"
            " group by order_id having count(distinct coalesce(orders.store, '')) > 1)",
        )
        if ids:
            raise NotUsableError(
                f"{self.rows.names}: {ids:,} order ids are in several stores, and the lines name no store;"
                " give them a column store, or build each store's lines with its orders"
            )

    def take_tax_out_of(
        self, joined: str, names: set[str], is_told: bool, has_own_amounts: bool
    ) -> None:
        """Take the tax out of the goods of orders whose lines stand in a file of their own."""
        importer, connection = self.importer, self.connection
        if "tax_amount" not in names or (has_own_amounts and not is_told):
            return
        if not is_told:
            (has_tax,) = one(connection, f"select count(*) from {joined} where tax_amount <> 0")
            if has_tax and not importer.lines_hold_tax and self.mapping.tax_included is None:
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

    # --- Refunds -----------------------------------------------------------------------------

    def write_refunds(self, rest: str, path: Path, source: str) -> None:
        """Write the refunds that columns or rows of the orders tell."""
        importer, refunds = self.importer, self.mapping.refunds
        target = importer.out / "refunds.parquet"
        if "raw_refunds" in importer.request.files and refunds.where_from != "none":
            importer.say(
                "refunds are given in a file of their own, so those among the orders are not used"
            )
            return
        if refunds.where_from == "columns" and "refund_amount" in self.values:
            moment = (
                "coalesce(refunded_at, ordered_at)"
                if "refunded_at" in self.values
                else "ordered_at"
            )
            amount, goods_amount = "refund_amount", ""
            if refunds.share_of_goods and "refund_total" in self.values:
                goods = (
                    "(gross_amount - coalesce(discount_amount, 0))"
                    if "discount_amount" in self.values
                    else "gross_amount"
                )
                amount = (
                    f"case when refund_total > 0 then cast(round(cast(refund_amount as double)"
                    f" * least(cast({goods} as double) / cast(refund_total as double), 1), 4) as {MONEY})"
                    f" else refund_amount end"
                )
                goods_amount = f", {amount} as goods_amount"
            store = ", store" if "store" in self.values else ""
            if self.mapping.grain == "transaction":
                made = made_ids("gross_amount" if "gross_amount" in self.values else "line_amount")
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
                    if self.mapping.grain == "line"
                    else ""
                ),
                target,
            )
        elif refunds.where_from == "rows":
            self.write_refund_rows(rest, path, target)
        if target.is_file():
            rows, amount = one(
                self.connection,
                f"select count(*), coalesce(sum(amount), 0) from {literal(str(target))}",
            )
            if rows:
                importer.result.outputs["raw_refunds"] = target
                importer.say(f"{rows:,} refunds of {amount:,.2f} are among the orders")

    def write_refund_rows(self, rest: str, path: Path, target: Path) -> None:
        """Write refunds that are rows of their own: of the order they name, else of an earlier one."""
        amount = "refund_amount" if "refund_amount" in self.values else self.amount_name()
        amount = (
            "gross_amount" if amount == "line_amount" and self.mapping.grain == "line" else amount
        )
        if not amount:
            return
        own_id = "own_refund_id" if "own_refund_id" in self.values else "cast(null as varchar)"
        named = "refunded_order" if "refunded_order" in self.values else "cast(null as varchar)"
        orders = literal(str(path))
        store = ", store" if "store" in self.values else ""
        # The row's own id is that of the order it pays back where there is such an order.
        self.connection.execute(
            f"""
            create or replace table refund_rows as
            select
                row_number() over (order by ordered_at, order_id, {amount}) as refund_number,
                order_id as own_id, {named} as named, {own_id} as own_refund_id,
                customer_id, ordered_at, abs({amount}) as amount{store}
            from {rest} where kind = 'refund' and reason is null
            """
        )
        (rows,) = one(self.connection, "select count(*) from refund_rows")
        if not rows:
            return
        self.connection.execute(
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
            self.connection,
            "select count(*) filter (is_guessed), count(*) filter (order_id is null) from matched_refunds",
        )
        if guessed:
            self.importer.say(
                f"{guessed:,} refunds name no order; each is set against the customer's latest earlier"
                " order"
            )
        if unmatched:
            self.importer.say(f"{unmatched:,} refunds name no order of the file")
        self.importer.copy(
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

    def refund_by_status(self) -> None:
        """Pay back the goods of orders and lines that are refunded by their status, where no amount says how much."""
        importer, connection = self.importer, self.connection
        path, refunds = importer.result.orders, importer.result.refunds
        is_known = "raw_refunds" in importer.request.files or "refund_amount" in self.values
        if is_known or not path or "status" not in self.values:
            return
        orders = literal(str(path))
        names = [n for n, *_ in connection.execute(f"describe from {orders}").fetchall()]
        store = ", store" if "store" in names else ""
        known = importer.workspace.next_name()
        connection.execute(
            f"create table {known} as "
            + (f"from {literal(str(refunds))}" if refunds else "select '' as order_id limit 0")
        )
        texts = distinct_texts(connection, orders, "status", MOST_SEGMENT_VALUES)
        whole = [
            s
            for s in texts
            if status_means(s, "paid_back") and not re.search(PART_OF_ORDER, plain(s))
        ]
        whole = [s for s in whole if s not in self.no_purchases]
        listed = ", ".join(map(literal, whole)) or "''"
        discount = "coalesce(discount_amount, 0)" if "discount_amount" in names else "0"
        sources = [
            f"select order_id, ordered_at, gross_amount - {discount} as goods{store} from {orders}"
            f" where lower(status) in ({listed})"
        ]
        if self.returned_lines:
            sources.append(
                f"select order_id, ordered_at, goods{store} from {orders}"
                f" join {self.returned_lines} using (order_id{store})"
                f" where status is null or lower(status) not in ({listed})"
            )
        made = importer.workspace.next_name()
        connection.execute(
            f"create table {made} as select order_id || '-returned' as refund_id, order_id,"
            f" ordered_at as refunded_at, cast(goods as {MONEY}) as amount,"
            f" cast(goods as {MONEY}) as goods_amount{store} from ({' union all '.join(sources)})"
            f" where goods > 0 and order_id not in (select order_id from {known} where order_id is not null)"
        )
        rows, amount = one(connection, f"select count(*), coalesce(sum(amount), 0) from {made}")
        if not rows:
            return
        target = importer.out / "refunds.parquet"
        importer.copy(
            f"from {made}" + (f" union all by name from {known}" if refunds else ""), target
        )
        importer.result.outputs["raw_refunds"] = target
        importer.refunds_by_status = True
        importer.say(
            f"{rows:,} orders are refunded or have returned lines by their status, and no column says how"
            f" much: their goods, {amount:,.2f}, count as paid back on the day of the order; --refunds"
            " says otherwise"
        )

    # --- Orders of several rows --------------------------------------------------------------

    def write_grouped(self) -> None:
        """Write orders of which each has several rows, and their lines."""
        importer, connection = self.importer, self.connection
        rows = importer.workspace.next_name()
        connection.execute(f"create table {rows} as {self.query.sql(self.kind, self.values)}")
        keys = ["order_id", *(["store"] if "store" in self.values else [])]
        key = ", ".join(keys)
        same = " and ".join(f"r.{k} is not distinct from b.{k}" for k in keys)
        self.leave_out_older_exports(rows, key, same)
        self.leave_out_cancelled_lines(rows, same)
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
        for name in [
            n for n in ORDER_COLUMNS if n in self.values and n not in {*keys, "ordered_at"}
        ]:
            firsts.append(f"arg_min({name}, row_number) as {name}")
        for name in self.segments:
            firsts.append(f"arg_min({quoted(name)}, row_number) as {quoted(name)}")
        for name in [
            "refund_amount",
            "refunded_at",
            "refund_total",
            "refunded_order",
            "own_refund_id",
        ]:
            if name in self.values:
                firsts.append(f"arg_min({name}, row_number) as {name}")
        for name in LINE_AMOUNTS:
            if f"line_{name}" in self.values:
                goods = " filter (kind not in ('shipping', 'tip'))" if name == "amount" else ""
                firsts.append(f"cast(sum(line_{name}){goods} as {MONEY}) as sum_{name}")
        if "line_amount" in self.values:
            firsts.append(
                f"cast(sum(line_amount) filter (kind = 'shipping') as {MONEY}) as sum_shipping_lines"
            )
        grouped = importer.workspace.next_name()
        connection.execute(
            f"""
            create table {grouped} as
            select {key}, min(ordered_at) as ordered_at, count(*) as rows,
                min(row_number) as row_number, any_value(file_name) as file_name,
                case when kind = 'refund' then 'refund' else 'order' end as kind,
                {", ".join(firsts)}
            from {rows}
            where reason is null and kind in ('line', 'shipping', 'tip', 'refund')
            group by {key}, case when kind = 'refund' then 'refund' else 'order' end
            """
        )
        amounts = {}
        for name in AMOUNTS:
            line = "amount" if name == "gross_amount" else name
            parts = [name] if name in self.values else []
            # A line without its order is no order: its amount would be a part of one.
            is_own = name == "gross_amount" and name in self.values
            parts += [f"sum_{line}"] if f"line_{line}" in self.values and not is_own else []
            if name == "shipping_amount" and "line_amount" in self.values and self.mapping.shipping:
                parts.append("sum_shipping_lines")
            if parts:
                amounts[name] = f"coalesce({', '.join(parts)})"
        finished = importer.workspace.next_name()
        rest_columns = [n for n in self.order_columns() if n not in AMOUNTS]
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
            if n in self.values
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
            self.query,
            "reason is not null",
            "line_amount" if "line_amount" in self.values else self.amount_name(),
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
                "dropped": "no order by its kind",
                "older": "older version of an order",
                "cancelled": "line that is no purchase by its status",
                "footer": "line of totals, or empty",
            }[kind]
            importer.result.reasons.append(("raw_orders", f"left out: {why}", number))
        self.count.rejected += rejected + int(unfit)
        self.count.dropped += dropped
        self.count.accepted += total - rejected - int(unfit) - dropped
        importer.say(f"{total:,} rows are lines of {orders:,} orders")
        importer.result.outputs["raw_orders"] = path
        self.write_lines(rows, path)
        if self.mapping.refunds.where_from == "columns":
            self.write_refunds(finished, path, f"(select *, null as reason from {finished})")
        else:
            self.write_refunds(
                f"(select * replace (final_kind as kind), order_reason as reason from {finished})",
                path,
                finished,
            )
        self.sum_money(path)

    def leave_out_cancelled_lines(self, rows: str, same: str) -> None:
        """Leave out the lines that are no purchase by their status, where other lines of the order are one."""
        if "status" not in self.values:
            return
        listed = ", ".join(literal(status) for status in self.no_purchases) or "''"
        self.connection.execute(
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
        statuses = self.connection.execute(
            f"select lower(status), count(*) from {rows} where kind = 'cancelled' group by 1 order by 1"
        ).fetchall()
        for status, lines in statuses:
            self.importer.say(
                f"{lines:,} lines are {status} in orders of which other lines are not: left out"
            )
        paid_back = distinct_texts(self.connection, rows, "status", MOST_SEGMENT_VALUES)
        returned = [s for s in paid_back if status_means(s, "paid_back")]
        returned = [s for s in returned if not re.search(PART_OF_ORDER, plain(s))]
        if returned and "line_amount" in self.values:
            discount = (
                "coalesce(line_discount_amount, 0)"
                if "line_discount_amount" in self.values
                else "0"
            )
            listed = ", ".join(map(literal, returned))
            store = ", store" if "store" in self.values else ""
            self.returned_lines = self.importer.workspace.next_name()
            self.connection.execute(
                f"create table {self.returned_lines} as select order_id{store},"
                f" sum(line_amount - {discount}) filter (lower(status) in ({listed})) as goods"
                f" from {rows} where kind = 'line' and reason is null group by order_id{store}"
                f" having count(distinct lower(status)) > 1 and goods > 0"
            )

    def leave_out_older_exports(self, rows: str, key: str, same: str) -> None:
        """Leave out an order's rows in all exports but the one that goes on longest."""
        (files,) = one(self.connection, f"select count(distinct file_name) from {rows}")
        if files < 2:
            return
        customer = "coalesce(customer_id, email)" if "email" in self.values else "customer_id"
        ids, strangers = one(
            self.connection,
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
        self.importer.stop_at_strangers(self, strangers, ids)
        older = self.connection.execute(
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
            self.importer.say(
                "orders stand in several files; of each the file with the latest orders counts"
            )

    def write_lines(self, rows: str, path: Path) -> None:
        """Write the lines of orders that are used."""
        names = [n for n in [*LINE_COLUMNS, *LINE_AMOUNTS[1:]] if f"line_{n}" in self.values]
        if "amount" not in names:
            return
        columns = ", ".join(f"line_{n} as {n}" for n in names)
        if "tax_share" in self.values:
            # It stands on one row of an order, whose lines hold the tax alike.
            order = "order_id, store" if "store" in self.values else "order_id"
            share = f"min(tax_share) over (partition by {order})"
            columns = ", ".join(
                f"cast(round(cast(line_{n} as double) * {share}, 4) as {MONEY}) as {n}"
                if n in {"amount", "discount_amount", "shipping_amount"}
                else f"line_{n} as {n}"
                for n in names
            )
        target = self.importer.out / "order_lines.parquet"
        self.importer.copy(
            f"select order_id, {columns} from {rows} where reason is null and kind = 'line'"
            f" and order_id in (select order_id from {literal(str(path))})",
            target,
        )
        self.importer.result.outputs["raw_order_lines"] = target


def units_of(code: str) -> str:
    """Return SQL of how many minor units make one of a currency; `code` is SQL of its code."""
    return (
        f"case when upper({code}) in ({listed(WITHOUT_DECIMALS)}) then 1"
        f" when upper({code}) in ({listed(WITH_THREE_DECIMALS)}) then 1000 else 100 end"
    )


def is_total_column(column: str) -> bool:
    """Return whether a column is called the total of an order."""
    return name_scores(column).get("total_amount", 0) >= THRESHOLD


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


__all__ = ["Imported", "Request", "ingest_files", "run_import"]
