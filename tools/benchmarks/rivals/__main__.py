"""One way, in a process of its own.

    python -m tools.benchmarks.rivals floor 'orders/*.parquet' results

It reads the orders, writes what it found to Parquet files that are named like the project's
relations, and prints the seconds between the two, of the clock and of the processor (user and
system), which are without Python's start and the imports.
"""

import json
import time
from importlib import import_module
from pathlib import Path
from typing import Annotated

import duckdb
import typer


def main(
    way: Annotated[str, typer.Argument(help="a module of this package")],
    orders: Annotated[str, typer.Argument(help="the Parquet files, a glob")],
    results: Annotated[Path, typer.Argument(help="an existing folder for what is found")],
    memory_limit: Annotated[str, typer.Option(help="of DuckDB")] = "12GB",
) -> None:
    """Make what a way makes, and print how many seconds of work it was."""
    make = import_module(f"tools.benchmarks.rivals.{way}").make
    spilled = str(results / "spilled")
    # The floor keeps its table in the file, as the project does; the others keep theirs in memory.
    with duckdb.connect(
        results / "kept.duckdb", config={"memory_limit": memory_limit, "temp_directory": spilled}
    ) as connection:
        start, cpu_start = time.perf_counter(), time.process_time()
        relations = make(connection, orders)
        cpu_seconds = time.process_time() - cpu_start
        seconds = time.perf_counter() - start
        for name, relation in relations.items():
            relation.write_parquet(str(results / f"{name}.parquet"))
    print(json.dumps({"work_seconds": seconds, "work_cpu_seconds": cpu_seconds}))


if __name__ == "__main__":
    typer.run(main)
