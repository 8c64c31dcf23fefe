"""Rows that several files hold alike, where no id tells whether they are one record or two."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from retention_cli.ingest.errors import DecisionNeededError
from retention_cli.ingest.names import plain
from retention_cli.ingest.records import Rows
from retention_cli.ingest.tables import Table, one, quoted

if TYPE_CHECKING:
    from retention_cli.ingest.importing import Importer

CHOICES = ["once", "each"]
REASON = "left out: the same row as in another file"


def without_same_rows(importer: Importer, rows: Rows, tables: list[Table]) -> tuple[Rows, int]:
    """Return the rows of files without those that an earlier file holds, and how many these are.

    Rows that are the same within a file are records of their own: of two in one file and two in another,
    two are kept.

    Raises:
        DecisionNeededError: there are such rows, and nobody said whether they are the same records.
    """
    is_of_stores = importer.store and rows.input in {"raw_orders", "raw_order_lines"}
    if len(tables) < 2 or is_of_stores or importer.same_rows == "each":
        return rows, 0
    shared = set.intersection(*({plain(name) for name in table.types} for table in tables))
    columns = [quoted(column) for column in rows.columns if plain(column) in shared]
    if not columns:
        return rows, 0
    texts = ", ".join(f"cast({column} as varchar)" for column in columns)
    contents = importer.workspace.next_name()
    importer.connection.execute(
        f"create table {contents} as select file_name, row_number, hash([{texts}]) as contents"
        f" from {rows.relation} where coalesce({texts}) is not null"
    )
    (same,) = one(
        importer.connection,
        "select coalesce(sum(rows - most), 0) from (select sum(rows) as rows, max(rows) as most from"
        f" (select contents, count(*) as rows from {contents} group by contents, file_name)"
        " group by contents having count(*) > 1)",
    )
    if not same:
        return rows, 0
    if not importer.same_rows:
        question = (
            f"{rows.names}: {same:,} rows stand alike in several files, without an id; do they count"
            " once, or each?"
        )
        importer.same_rows = importer.request.ask(question, CHOICES) or ""
    if not importer.same_rows:
        raise DecisionNeededError(
            f"{rows.names}: {same:,} rows stand alike in several files, and no column is an id that tells"
            ' them apart; say what they are with --vars "{same_rows: once}" (the files overlap, so they'
            ' count once) or --vars "{same_rows: each}" (records of their own)'
        )
    if importer.same_rows == "each":
        return rows, 0
    importer.decide("same_rows", "once", f"{same:,} rows stand alike in several files")
    kept = importer.workspace.next_name()
    importer.connection.execute(
        f"""
        create table {kept} as
        select r.* from {rows.relation} as r
        anti join (
            from (
                select *, row_number() over (partition by file_name, contents order by row_number) as copy
                from {contents}
            )
            qualify row_number() over (partition by contents, copy order by file_name) > 1
        ) as s on r.file_name = s.file_name and r.row_number = s.row_number
        """
    )
    return replace(rows, relation=kept, rows=rows.rows - same), int(same)
