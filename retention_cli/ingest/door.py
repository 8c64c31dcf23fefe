"""Door 2 as the command line uses it: from names of files to Parquet, shop.yml and dbt's settings."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from retention_cli.ingest.errors import NotUsableError
from retention_cli.ingest.files import Progress as TellProgress
from retention_cli.ingest.files import find_files
from retention_cli.ingest.imported import Imported, Request
from retention_cli.ingest.importing import run_import
from retention_cli.ingest.mapping import Ask
from retention_cli.ingest.privacy import harmless
from retention_cli.ingest.shop import is_changed, is_shop, read_shop, relative_to, write_shop
from retention_cli.project import ROOT, typed_in

IMPORTS_VARIABLE = "RETENTION_IMPORTS_PATH"
REASONS_SHOWN = 8


@dataclass(frozen=True)
class Door:
    """Files that were brought in: what was made of them, and the settings that build the marts."""

    imported: Imported
    shop: Path
    settings: dict[str, Any]


def imports_folder() -> Path:
    """Return where imported files go: `imports` at the project's root, or as the environment says."""
    return ROOT / os.environ.get(IMPORTS_VARIABLE, "imports")


def parse_settings(text: str) -> dict[str, Any]:
    """Return the settings that are given as YAML.

    Raises:
        NotUsableError: they are no dictionary.
    """
    try:
        settings = yaml.safe_load(text) if text else {}
    except yaml.YAMLError as error:
        raise NotUsableError(
            "--vars: is no YAML; give such as '{date_order: day_month}'"
        ) from error
    if not isinstance(settings, dict):
        raise NotUsableError("--vars: give a dictionary, such as '{date_order: day_month}'")
    return settings


def bring_in(
    names: list[str],
    others: dict[str, str | None],
    settings: dict[str, Any],
    console: Console,
    *,
    accept: bool = False,
    look_only: bool = False,
) -> Door:
    """Read the files that names stand for, or those of a shop.yml, and write them as Parquet.

    Args:
        names: of files of orders, relative to where the command was typed; or of one shop.yml.
        others: a name for each other input that is given.
        settings: of dbt, and grain, columns, date_order, decimal_separator, phone_country.
        console: where people are asked and told.
        accept: take proposals that are not sure; ask nothing.
        look_only: write nothing.

    Raises:
        NotUsableError: a file cannot be used.
        DecisionNeededError: a choice has to be made that nobody is there to make.
    """
    here = typed_in()
    paths = find_files(names, here)
    kept: dict[str, Any] | None = None
    given = {name: [value] for name, value in others.items() if value}
    if len(paths) == 1 and is_shop(paths[0]):
        shop = paths[0]
        kept = read_shop(shop)
        files = {
            name: [
                (path, reading["path"])
                for reading in readings
                for path in find_files([reading["path"]], shop.parent)
            ]
            for name, readings in kept["files"].items()
        }
        settings = {**(kept.get("settings") or {}), **settings}
    else:
        shop = here / "shop.yml"
        files = {"raw_orders": [(path, relative_to(path, here)) for path in paths]}
    for name, values in given.items():
        files[name] = [(path, relative_to(path, shop.parent)) for path in find_files(values, here)]
    folder = imports_folder() / shop.stem
    with reading(console, files) as tell:
        ask = asker(console, tell[1]) if sys.stdin.isatty() and not accept else no_answer
        request = Request(files, settings, kept, ask, accept, tell[0])
        imported = run_import(request, folder, look_only=look_only)
        is_written = bool(
            not look_only and imported.counts["raw_orders"].accepted and kept is None
        ) and may_write(shop, ask, imported)
    own = {name: value for name, value in imported.settings.items() if name != "phone_country"}
    if is_written:
        write_shop(shop, imported, own)
    # Not in shop.yml: the next export goes further.
    as_of = {n: v for n, v in imported.totals.items() if n == "as_of_date" and n not in own}
    return Door(imported, shop, inputs_of(imported) | as_of | own)


def may_write(shop: Path, ask: Ask, imported: Imported) -> bool:
    """Return whether shop.yml may be written: one that somebody has changed only if they say so."""
    if not is_changed(shop):
        return True
    if ask(f"{shop.name} was changed by hand. Write it anew?", ["keep it", "write it anew"]) == (
        "write it anew"
    ):
        return True
    imported.notes.append(
        f"{shop.name} was changed by hand and is kept, but not followed: build {shop.name} to follow"
        " it, or delete it to have it written anew"
    )
    return False


def inputs_of(imported: Imported) -> dict[str, Any]:
    """Return dbt's inputs: the Parquet files, relative to the project where they are in it.

    Lines are in the orders already.
    """
    found = {}
    for name, path in imported.outputs.items():
        if name != "raw_order_lines":
            found[name] = seen_from_project(path)
    if imported.rejected.is_file():
        found["raw_rejected_rows"] = seen_from_project(imported.rejected)
    return found


def seen_from_project(path: Path) -> str:
    """Return a path relative to the project where it is in it."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def no_answer(question: str, choices: list[str]) -> None:
    """Answer nothing, where nobody is there."""


def asker(console: Console, progress: Progress) -> Ask:
    """Return what asks a person to choose."""

    def ask(question: str, choices: list[str]) -> str | None:
        progress.stop()
        console.print(harmless(question), markup=False, highlight=False)
        for number, choice in enumerate(choices, start=1):
            console.print(f"  {number}  {harmless(choice)}", markup=False, highlight=False)
        answer = console.input("Number, or Enter to stop: ").strip()
        progress.start()
        if answer.isdigit() and 1 <= int(answer) <= len(choices):
            return choices[int(answer) - 1]
        return None

    return ask


@contextmanager
def reading(
    console: Console, files: dict[str, list[tuple[Path, str]]]
) -> Iterator[tuple[TellProgress, Progress]]:
    """Show how much of the files is read; yields what is told of bytes, and the display."""
    total = sum(path.stat().st_size for some in files.values() for path, _ in some)
    columns = [TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Reading", total=total)
        yield lambda count: progress.advance(task, count), progress


def render(door: Door, console: Console, *, look_only: bool = False) -> None:
    """Print what was decided and why, what became of the rows, and the verdict."""

    def say(text: str, style: str | None = None) -> None:
        console.print(harmless(text), markup=False, highlight=False, soft_wrap=True, style=style)

    imported = door.imported
    table = Table("decided", "is", "because", box=None)
    for subject, decision, evidence in dict.fromkeys(imported.decisions):
        cells = [harmless(one).replace("[", "\\[") for one in (subject, decision, evidence)]
        table.add_row(*cells)
    console.print(table)
    for note in imported.notes:
        say(f"- {note}")
    rows = Table("input", "rows", "used", "rejected", "left out", box=None)
    for name, count in imported.counts.items():
        numbers = (count.raw, count.accepted, count.rejected, count.dropped)
        rows.add_row(name, *(f"{number:,}" for number in numbers))
    console.print(rows)
    if imported.statuses:
        statuses = Table("status", "taken as", "orders", "money", box=None)
        for status, taken, orders, money in imported.statuses:
            statuses.add_row(
                harmless(status).replace("[", "\\["), taken, f"{orders:,}", f"{money:,.2f}"
            )
        console.print(statuses)
    for name, reason, number in imported.reasons[:REASONS_SHOWN]:
        say(f"  {number:,} x {name}: {reason}", "yellow")
    usable = bool(imported.counts["raw_orders"].accepted)
    say(f"Verdict: {imported.verdict}", "bold" if usable else "bold red")
    if usable and not look_only:
        say(f"What was decided is in {door.shop.name}; rows that are not used are in")
        say(str(imported.rejected))
