"""The command of the benchmarks: `python -m tools.benchmarks --orders 1000000 --page`."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tools.benchmarks.measure import MeasuredFailedError
from tools.benchmarks.report import (
    COLUMNS,
    TARGET_COLUMNS,
    TARGETS,
    read_results,
    rows,
    write_page,
    write_result,
)
from tools.benchmarks.suite import Rival, Suite, use_cores

FOLDER = Path(tempfile.gettempdir()) / "retention_benchmarks"
DOCS = Path(__file__).resolve().parents[2] / "docs"
console = Console()


def main(  # noqa: PLR0913, PLR0917 (each is an option of the command)
    orders: Annotated[
        list[int] | None,
        typer.Option(help="how many, a multiple of 100; for each size once"),
    ] = None,
    rival: Annotated[list[Rival] | None, typer.Option(help="ways beside the project")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="runs of dbt beside `run`, such as build; all by default"),
    ] = None,
    folder: Annotated[
        Path, typer.Option(help="for orders, which are used again, and databases")
    ] = FOLDER,
    memory_limit: Annotated[str, typer.Option(help="of DuckDB")] = "12GB",
    cores: Annotated[int, typer.Option(help="how many may be used, on Linux")] = 2,
    results: Annotated[Path, typer.Option(help="JSON; other sizes stay in it")] = DOCS
    / "benchmarks.json",
    note: Annotated[str, typer.Option(help="for the page, such as what else ran")] = "",
    page: Annotated[bool, typer.Option("--page", help="write docs/benchmarks.md, too")] = False,
) -> None:
    """Measure the project beside other ways to the same marts.

    With --page alone the page is written from what was measured before.
    """
    use_cores(cores)
    for number in orders or ([] if page else [1_000_000]):
        suite = Suite(number, folder.resolve(), memory_limit)
        run(suite, rival if rival is not None else list(Rival), only or [])
        write_result(results, suite.result | {"note": note})
        show(f"{number:,} orders", COLUMNS, rows(suite.result))
    measured = read_results(results)
    show("Targets", TARGET_COLUMNS, [target.row(measured) for target in TARGETS])
    if page:
        write_page(measured, DOCS / "benchmarks.md")
        console.print(DOCS / "benchmarks.md", soft_wrap=True)


def run(suite: Suite, rivals: Sequence[Rival], only: Sequence[str]) -> None:
    """Measure a size, showing how far it is."""
    steps = suite.steps(rivals, only)
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("", total=len(steps))
        for name, measure in steps:
            progress.update(task, description=f"{suite.orders:,} orders: {name}")
            measure()
            progress.advance(task)


def show(title: str, header: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Print a table, numbers to the right."""
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(header):
        table.add_column(name, justify="right" if place else "left")
    for line in lines:
        table.add_row(*(text.replace("`", "").replace("**", "") for text in line))
    console.print(table)


if __name__ == "__main__":
    try:
        typer.run(main)
    except (MeasuredFailedError, ValueError) as error:
        sys.exit(str(error))
