"""Builds of the project for the tests, from data frames or files."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

from retention_cli.project import DATABASE, ROOT, Marts, Project


@dataclass(frozen=True)
class Build(Marts):
    """The relations that a build left (`frame`, `query`) and dbt's result of each node that ran."""

    results: list


def build(
    folder: Path, *options: str, command: str = "build", root: Path = ROOT, **variables: object
) -> Build:
    """Build the project from given inputs and settings.

    Args:
        folder: where the database and the inputs lie. Another build in the same folder replaces
            them, and is faster by what dbt need not parse again if its variables are the same.
        options: further options of dbt, such as `"--select", "+retention__churn_rate"`.
        command: `build`, or `run` to leave the tests out.
        root: the project, or a copy of it.
        variables: the project's inputs and settings; a data frame is written to a file first.

    Raises:
        retention_cli.project.DbtFailedError: a model or a test failed, or the build was refused.
    """
    values = {}
    for name, value in variables.items():
        if isinstance(value, pd.DataFrame):
            values[name] = folder / f"{name}.parquet"
            value.to_parquet(values[name], index=False)
        else:
            values[name] = value
    project = Project.in_folder(folder, root)
    manifest = parsed(project, values)
    run = project.dbt(command, *NOTHING_ELSE, *options, variables=values, manifest=manifest)
    return Build(project.database, run.results)


def run_dbt(project: Project, *words: str, **variables: object) -> object:
    """Run a command of dbt that writes nothing beside the database, the project read once."""
    manifest = parsed(project, variables)
    return project.dbt(*words, *NOTHING_ELSE, variables=variables, manifest=manifest)


# A log of every event and the artifacts take a fifth of the time.
NOTHING_ELSE = ("--log-level-file", "none", "--no-write-json")
# Settings that change nothing of what dbt reads of the project, only what it makes of it in a run;
# `test_unit_tests` compares.
AT_RUN_TIME = {
    *("as_of_date", "history_starts_on", "reporting_timezone", "source_timezone"),
    *("period_grains", "week_start", "fiscal_year_start_month", "repurchase_windows"),
    *("excluded_statuses", "purchase_statuses", "unknown_statuses", "refund_dating"),
    *("guest_customer_ids", "placeholder_addresses", "unidentified_values", "shared_mailboxes"),
    *("identity_link_limit", "phone_calling_code", "customers_across_stores", "minor_units"),
    *("prices_include_tax", "clv_horizon_days", "clv_discount_rate_annual", "tested_customers"),
    *("purchase_probability_days", "largest_fall_of_inputs", "largest_rise_of_rejects"),
    *("accept_smaller_inputs", "columns"),
}
# The same of inputs, where they are files.
FILES_AT_RUN_TIME = {"raw_customers", "raw_refunds", "raw_costs", "raw_survey_responses"}
# What dbt read of the project by inputs and settings: it takes longer than to build a small shop.
PARSED: dict[str, object] = {}


def parsed(project: Project, variables: dict[str, object]) -> object:
    """Return the manifest of the project under like settings, with inputs of the same kinds.

    dbt itself reads all again for every other path of an input and every other setting, though no
    manifest depends on these. A copy of the project is read each time.
    """
    if project.root != ROOT:
        return None
    kinds = {name: kind_of(name, value) for name, value in variables.items()}
    key = json.dumps({k: v for k, v in kinds.items() if v is not None}, sort_keys=True, default=str)
    if key not in PARSED:
        PARSED[key] = project.dbt("parse", *NOTHING_ELSE, variables=variables)
    return PARSED[key]


def kind_of(name: str, value: object) -> object:
    """Return what dbt goes by when it reads the project under a setting; None means nothing."""
    if name in AT_RUN_TIME:
        return None
    if isinstance(value, Path):
        return None if name in FILES_AT_RUN_TIME else value.suffix
    if name == "activity_window_days":
        return value if value == "period" else None
    return value


def built_once(factory: pytest.TempPathFactory, name: str, **variables: object) -> Marts:
    """Return this process's own copy of a build that the first process to ask for it makes."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    original = shared / f"{name}-built"
    with FileLock(f"{original}.lock"):
        if not original.exists():
            folder = factory.mktemp(f"{name}-unfinished")
            build(folder, "--write-json", **variables)
            folder.rename(original)
    # dbt opens a database for writing, also to compile, which locks other processes out.
    folder = factory.mktemp(name)
    shutil.copytree(original, folder, dirs_exist_ok=True)
    return Marts(folder / DATABASE)


def copy_of_project(folder: Path) -> Path:
    """Return a copy of the project in `folder`, as a fresh clone has it: nothing built."""
    made_here = (".*", "target", "logs", "*.duckdb*", "__pycache__", "dbt_packages")
    copy = shutil.copytree(ROOT, folder / "project", ignore=shutil.ignore_patterns(*made_here))
    return Path(copy)
