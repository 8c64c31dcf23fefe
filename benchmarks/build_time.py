"""How long the models take on a large shop, as multiples of one plain scan of its orders.

    .venv/bin/python -m benchmarks.build_time --orders 10000000

The machine's own speed cancels out of the ratios: the scan (orders and revenue by customer) runs in
the same process, before and after the build, with as many threads.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from harness.project import Project

THREADS = 2


def write_orders(path: Path, orders: int) -> None:
    """Write invented orders as Parquet: ten a customer in three years, a twentieth of guests.

    Everything follows from the number of the order, so the file is the same at every run.
    """
    customers = max(orders // 10, 1)
    duckdb.execute(
        f"""
        copy (
            select
                'o' || number as order_id,
                case
                    when hash(number) % 20 > 0 then 'c' || hash(number * 7 + 1) % {customers}
                end as customer_id,
                timestamp '2022-01-01'
                + to_seconds(cast(hash(number * 13 + 5) % 94608000 as bigint)) as ordered_at,
                cast(hash(number * 3) % 10000 / 100 as decimal(18, 2)) as gross_amount,
                if(hash(number * 11) % 50 = 0, 'cancelled', 'paid') as status
            from range({orders}) as numbers (number)
        ) to '{path}'
        """
    )


def scan_seconds(path: Path) -> float:
    """Return the median time, in seconds, of three scans that group the orders by customer."""
    seconds = []
    with duckdb.connect(config={"threads": THREADS}) as connection:
        for _ in range(3):
            start = time.perf_counter()
            connection.execute(
                "create or replace table totals as select customer_id, count(*), "
                f"sum(gross_amount) from '{path}' group by 1"
            )
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def main(
    orders: Annotated[int, typer.Option(help="how many orders")] = 1_000_000,
    slowest: Annotated[int, typer.Option(help="how many models to list")] = 15,
) -> None:
    """Build the models on invented orders and list the slowest, in scans of the orders."""
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "orders.parquet"
        write_orders(path, orders)
        before = scan_seconds(path)
        with console.status(f"Building the models on {orders:,} orders ..."):
            run = Project.in_folder(folder).dbt(
                "run", "--threads", "1", variables={"raw_orders": path}
            )
        scan = (before + scan_seconds(path)) / 2
    models = sorted(
        ((result.execution_time, result.node.name) for result in run.results), reverse=True
    )
    table = Table(title=f"{orders:,} orders; one scan takes {scan:.2f} s")
    table.add_column("model")
    table.add_column("scans", justify="right")
    total = sum(seconds for seconds, _ in models)
    for seconds, model in [(total, "all models"), *models[:slowest]]:
        table.add_row(model, f"{seconds / scan:.1f}")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
