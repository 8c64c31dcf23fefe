"""The customer value fits outside dbt: for engines that run no Python models, and for tests."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from retention_cli.project import ROOT, Project

MODEL_FILE = (
    ROOT / "models" / "intermediate" / "customer_value" / "int_retention__clv_model_fits.py"
)
STATISTICS = "int_retention__purchase_statistics_grouped"
VALUES = "int_retention__purchase_values_grouped"
HOLDOUT_MONTHS = "int_retention__holdout_months"
DATES = "int_retention__forecast_dates"
COLUMNS = {
    STATISTICS: [
        "observation",
        "repeat_purchases",
        "recency_weeks",
        "age_weeks",
        "customers",
        "holdout_weeks",
        "holdout_purchases",
        "repeat_purchase_value",
        "holdout_value",
    ],
    VALUES: ["observation", "repeat_purchases", "mean_repeat_purchase_value", "customers"],
    HOLDOUT_MONTHS: ["observation", "month_start", "orders", "buyers", "revenue"],
    DATES: [
        "early_calibration_date",
        "calibration_date",
        "as_of_date",
        "horizon_days",
        "discount_rate_annual",
    ],
}


def load_fits(path: Path = MODEL_FILE) -> ModuleType:
    """Return the dbt model's file as a module: the fits are written in that one place."""
    specification = importlib.util.spec_from_file_location(path.stem, path)
    if specification is None or specification.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def fit_clv(project: Project, minimum_customers: int, *arguments: str) -> dict[str, Any]:
    """Fit all models on the statistics in the warehouse and return the setting clv_parameters.

    The grouped statistics must have been built; dbt reads them, so that any engine will do.

    Args:
        project: the dbt project with its profile.
        minimum_customers: the setting clv_minimum_customers.
        arguments: further options of dbt, such as `"--target", "warehouse"`.

    Returns:
        By model the parameters and all else that retention__clv_model shows; a fit that is refused
        has a `refused_reason`. Under `tenth` the rows of retention__clv_calibration, under
        `month` those of retention__forecast. Ready to be passed as
        `dbt build --vars '{"clv_parameters": ...}'`.

    Raises:
        DbtFailedError: the statistics cannot be read.
    """
    return fits_of(lambda model: read_model(project, model, *arguments), minimum_customers)


def fits_of(read: Callable[[str], pd.DataFrame], minimum_customers: int) -> dict[str, Any]:
    """Fit all models on the statistics that `read` returns by name of the model; see `fit_clv`."""
    return as_setting(load_fits().all_results(*map(read, COLUMNS), minimum_customers))


def as_setting(results: pd.DataFrame) -> dict[str, Any]:
    """Return the rows of int_retention__clv_model_fits as the setting clv_parameters has them."""
    rows = {
        kind: [
            {
                column: value
                for column, value in row.items()
                if column not in {"result", "position", "converged"} and not pd.isna(value)
            }
            for row in results[results["result"] == kind].to_dict("records")
        ]
        for kind in results["result"].unique()
    }
    fits = {fit.pop("model"): fit for fit in rows.pop("fit")}
    return fits | rows


def read_model(project: Project, model: str, *arguments: str) -> pd.DataFrame:
    """Return all rows of a model in the warehouse, its numbers as floats."""
    result = project.dbt("show", "--select", model, "--limit", "-1", *arguments)
    table = result.results[0].agate_table
    return with_floats(model, [row.dict() for row in table.rows])


def with_floats(model: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return the rows of a model as a frame whose numbers are floats, as the fits take them."""
    frame = pd.DataFrame(rows, columns=COLUMNS[model], dtype=object)
    numbers = frame.columns.difference(
        ["observation", "month_start", "early_calibration_date", "calibration_date", "as_of_date"]
    )
    return frame.astype(dict.fromkeys(numbers, float))
