"""What `ingest` costs beside DuckDB's own reading of the same CSV, in seconds of CPU on one thread.

    python -m tools.benchmarks.reading 10000000

Both make one Parquet file of the invented orders of `tools.benchmarks.generator`. DuckDB's own
reading trusts what its sample of rows says and writes no reasons; it is measured before and after.
"""

import resource
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from retention_cli.ingest import ingest_files
from tools.benchmarks.generator import write_orders

AIM = 2  # times DuckDB's own reading


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the seconds of CPU, user and system, that this process needs for some work."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    start = used()
    work()
    return used() - start


def read_by_duckdb(orders: Path, target: Path) -> None:
    """Read a CSV as DuckDB does by itself, and write it as Parquet."""
    with duckdb.connect() as connection:
        connection.execute(f"copy (from read_csv('{orders}')) to '{target}' (format parquet)")


def main(orders: Annotated[int, typer.Argument()] = 10_000_000) -> None:
    """Measure both for a number of orders, a multiple of 100."""
    connect = duckdb.connect
    duckdb.connect = partial(connect, config={"threads": 1})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        csv, parquet = folder / "orders.csv", folder / "orders.parquet"
        write_orders(parquet, orders)
        with connect() as connection:
            connection.execute(f"copy (from '{parquet}') to '{csv}' (header)")
        own = [cpu_seconds(lambda: read_by_duckdb(csv, parquet))]
        ours = cpu_seconds(lambda: ingest_files([csv], folder / "shop" / "imports"))
        own.append(cpu_seconds(lambda: read_by_duckdb(csv, parquet)))
    fastest = min(own)
    typer.echo(
        f"{orders:,} orders: {ours:.1f} s of CPU, DuckDB's own reading {fastest:.1f} s:"
        f" {ours / fastest:.1f} x (aim: {AIM} x)"
    )


if __name__ == "__main__":
    typer.run(main)
