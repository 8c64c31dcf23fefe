"""Builds of the project in this process, each in a database file of its own."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

ROOT = Path(__file__).resolve().parents[2]


class BuildError(Exception):
    """A dbt command failed; the message is what it said of every node that failed."""


def run_dbt(database: Path, *command: str, project: Path = ROOT, **settings: object) -> None:
    """Run a dbt command with vars on a database file. Raises BuildError where it fails.

    Parsing and compiled files go to a folder beside the database, so that runs do not share state.
    """
    os.environ["RETENTION_DUCKDB_PATH"] = str(database)
    folders = [
        "--target-path",
        str(database.parent / "target"),
        "--log-path",
        str(database.parent / "logs"),
    ]
    places = ["--project-dir", str(project), "--profiles-dir", str(project)]
    before = Path.cwd()
    os.chdir(project)  # paths in vars start at the project's root
    try:
        result = dbtRunner().invoke(
            [*command, "--quiet", *folders, *places, "--vars", json.dumps(settings)]
        )
    finally:
        os.chdir(before)
        DuckDBConnectionManager.close_all_connections()
    if not result.success:
        failed = [
            node
            for node in getattr(result.result, "results", [])
            if str(node.status) in ("error", "fail")
        ]
        raise BuildError(
            "; ".join(f"{node.node.name}: {node.message}" for node in failed)
            or str(result.exception)
        )


def build(database: Path, **settings: object) -> None:
    """Build the models with vars and run all data tests on them. Raises BuildError."""
    run_dbt(database, "build", "--exclude", "test_type:unit", "resource_type:seed", **settings)


@contextmanager
def reading(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a database that was built; the public relations need no schema."""
    connection = duckdb.connect(str(database), read_only=True)
    try:
        connection.sql(f'use "{database.stem}".retention')
        yield connection
    finally:
        connection.close()
