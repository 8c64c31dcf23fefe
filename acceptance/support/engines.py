"""Engines as the tests drive them: a database for every build, which is filled, built and read."""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pandas as pd
import psycopg2
from psycopg2.extras import execute_values

from acceptance.support.compiled_project import ATTRIBUTES, INPUT_COLUMNS
from retention_cli.customer_value import fit_clv
from retention_cli.project import Project, environment_variable

PUBLIC = "retention"
DIGITS_OF_AMOUNTS = Decimal("1e-14")
RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12  # for doubles whose exact value is 0

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Rows:
    """What a query found: the names of its columns and its rows, in no order."""

    columns: list[str]
    rows: list[Row]


class Database(ABC):
    """An empty database of an engine, in which the project is built with dbt.

    `folder` is where dbt leaves its by-products.
    """

    target: ClassVar[str]  # of profiles.yml
    planned_for_few_rows: ClassVar[tuple[str, ...]]
    # The commands of dbt for the demo shop and for another one; tests may cost too much time.
    first_build: ClassVar[tuple[str, ...]] = ("build",)
    second_build: ClassVar[tuple[str, ...]] = ("build",)

    def __init__(self, folder: Path) -> None:
        """Make the database; `folder` exists and is empty."""
        self.project = Project.in_folder(folder)

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """Return the environment variables that lead the target to this database."""

    @abstractmethod
    @contextmanager
    def connection(self) -> Iterator[Any]:
        """Open a connection with `execute`; what is not committed is undone at the end."""

    @abstractmethod
    def fill(self, connection: Any, relation: str, frame: pd.DataFrame) -> None:
        """Append the rows of a frame of text to an existing table with the same columns."""

    def plan_for_few_rows(self, connection: Any) -> None:
        """Keep planning short in a connection, which otherwise takes longer than running."""
        for statement in self.planned_for_few_rows:
            execute(connection, statement)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Lead dbt's target to this database for the time being."""
        with ExitStack() as stack:
            for name, value in self.environment().items():
                stack.enter_context(environment_variable(name, value))
            yield

    def dbt(self, *arguments: str, **variables: object) -> object:
        """Run a dbt command on this database; raises `DbtFailedError`."""
        options = ("--target", self.target, "--log-level-file", "none")
        with self.active():
            return self.project.dbt(*arguments, *options, variables=variables)

    def fit_clv(self) -> dict[str, dict]:
        """Fit the customer value models on what was built, outside the database."""
        with self.active():
            return fit_clv(self.project, 500, "--target", self.target)

    def load(self, name: str, frame: pd.DataFrame) -> str:
        """Make a table `raw.<name>` of a frame of text and return the name."""
        with self.connection() as connection:
            execute(connection, "create schema if not exists raw")
            execute(connection, self.create_table(f"raw.{name}", list(frame)))
            self.fill(connection, f"raw.{name}", frame)
            connection.commit()
        return f"raw.{name}"

    def relations(self) -> dict[str, Rows]:
        """Return all rows of every public relation."""
        with self.connection() as connection:
            return {
                name: rows_of(connection, f"{PUBLIC}.{name}")
                for name in self.relation_names(connection)
            }

    def relation_names(self, connection: Any) -> list[str]:
        """Return the names of the public relations."""
        sql = f"select table_name from information_schema.tables where table_schema = '{PUBLIC}'"
        return [name for (name,) in execute(connection, sql).fetchall()]

    def create_table(self, relation: str, columns: list[str]) -> str:
        """Return the statement that makes a table of text columns."""
        definitions = ", ".join(f"{quoted([column])} varchar" for column in columns)
        return f"create table {relation} ({definitions})"


class DuckDBDatabase(Database):
    """A DuckDB file; the others are compared with it."""

    target = "local"
    planned_for_few_rows = ("pragma disable_optimizer",)

    def environment(self) -> dict[str, str]:
        return {}  # the project sets its own

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(self.project.database) as connection:
            connection.execute("use warehouse.main")
            connection.begin()
            yield connection

    def fill(self, connection, relation, frame):
        connection.register("given", frame)
        connection.execute(f"insert into {relation} by name from given")
        connection.unregister("given")


class PostgresDatabase(Database):
    """A database on a PostgreSQL server; `server` is the folder of its socket."""

    target = "postgres"
    planned_for_few_rows = ("set jit = off",)

    def __init__(self, folder: Path, server: str) -> None:
        super().__init__(folder)
        self.server = server
        self.name = folder.name
        with self._connected("postgres") as connection:
            connection.autocommit = True
            # By default it knows no capitals but those of English, which must not matter.
            execute(
                connection,
                f'create database "{self.name}" template template0 encoding utf8 locale "C"',
            )

    def environment(self) -> dict[str, str]:
        prefix = "RETENTION_POSTGRES_"
        return {f"{prefix}HOST": self.server, f"{prefix}DATABASE": self.name}

    @contextmanager
    def connection(self) -> Iterator[Any]:
        with self._connected(self.name) as connection:
            # Another time zone than DuckDB's, which must not matter.
            execute(connection, "set time zone 'Asia/Tokyo'")
            yield connection

    def fill(self, connection, relation, frame):
        cells = frame.astype(object).where(frame.notna(), None)
        execute_values(
            connection.cursor(),
            f"insert into {relation} ({quoted(list(frame))}) values %s",
            [tuple(row) for row in cells.itertuples(index=False)],
            page_size=1000,
        )

    @contextmanager
    def _connected(self, database: str) -> Iterator[Any]:
        connection = psycopg2.connect(host=self.server, user="postgres", dbname=database)
        try:
            yield connection
        finally:
            connection.close()


class CompiledModels:
    """The statements of all models under some settings, compiled once for many small shops."""

    def __init__(self, database: Database, **variables: object) -> None:
        """Compile against inputs of text columns, which are made empty in the database."""
        self.database = database
        self.inputs = {
            name: columns + ATTRIBUTES.get(name, []) for name, columns in INPUT_COLUMNS.items()
        }
        # The build is refused where there is no order; the tables are emptied again.
        for name, columns in self.inputs.items():
            database.load(name, pd.DataFrame([dict.fromkeys(columns, "1")], dtype="str"))
        database.dbt(
            "compile", **{f"raw_{name}": f"raw.{name}" for name in self.inputs}, **variables
        )
        with database.connection() as connection:
            for name in self.inputs:
                execute(connection, f"truncate table raw.{name}")
            connection.commit()
        manifest = json.loads((database.project.target / "manifest.json").read_text())
        models = {
            name: node
            for name, node in manifest["nodes"].items()
            if node["resource_type"] == "model" and node["language"] == "sql"
        }
        order = TopologicalSorter(
            {name: node["depends_on"]["nodes"] for name, node in models.items()}
        ).static_order()
        self.models = [models[name] for name in order if name in models]

    def build(self, raw: dict[str, pd.DataFrame]) -> dict[str, Rows]:
        """Return the public relations of a shop, by name; nothing of it stays in the database."""
        with self.database.connection() as connection:
            try:
                return self._build(connection, raw)
            finally:
                connection.rollback()

    def _build(self, connection: Any, raw: dict[str, pd.DataFrame]) -> dict[str, Rows]:
        self.database.plan_for_few_rows(connection)
        for name, frame in raw.items():
            if len(frame):
                self.database.fill(connection, f"raw.{name}", frame)
        for schema in sorted({model["schema"] for model in self.models}):
            execute(connection, f"create schema {schema}")
        for model in self.models:
            kind = "view" if model["config"]["materialized"] == "view" else "table"
            execute(
                connection,
                f"create {kind} {model['relation_name']} as {model['compiled_code']}",
            )
        return {
            model["name"]: rows_of(connection, model["relation_name"])
            for model in self.models
            if model["schema"] == PUBLIC
        }


def execute(connection: Any, sql: str) -> Any:
    """Run a statement and return the cursor, whatever the driver."""
    # A cursor of DuckDB is a connection of its own.
    is_duckdb = isinstance(connection, duckdb.DuckDBPyConnection)
    cursor = connection if is_duckdb else connection.cursor()
    cursor.execute(sql)
    return cursor


def rows_of(connection: Any, relation: str) -> Rows:
    """Return all rows of a relation."""
    cursor = execute(connection, f"select * from {relation}")
    return Rows([column[0] for column in cursor.description], cursor.fetchall())


def quoted(names: list[str]) -> str:
    """Return names as a list of identifiers."""
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)


def differences(actual: dict[str, Rows], expected: dict[str, Rows], limit: int = 20) -> list[str]:
    """Return where relations differ, as readable lines; none where all are equal.

    Relations, columns (with their order), numbers of rows and all cells are compared: doubles to
    1e-9 of their size, amounts to 14 digits, as predicted ones come from doubles, everything else
    exactly and with its type.
    """
    found = [f"{name}: not on both engines" for name in sorted(set(actual) ^ set(expected))]
    for name in sorted(set(actual) & set(expected)):
        found += _differences(name, actual[name], expected[name])
    return found[:limit] + ([f"and {len(found) - limit} more"] if len(found) > limit else [])


def _differences(name: str, actual: Rows, expected: Rows) -> Iterator[str]:
    if actual.columns != expected.columns:
        yield f"{name}: has the columns {actual.columns}, expected {expected.columns}"
        return
    if len(actual.rows) != len(expected.rows):
        yield f"{name}: has {len(actual.rows)} rows, expected {len(expected.rows)}"
    doubles = {
        place
        for rows in (actual.rows, expected.rows)
        for row in rows
        for place, cell in enumerate(row)
        if isinstance(cell, float)
    }
    exact = [place for place in range(len(expected.columns)) if place not in doubles]

    def key(row: Row) -> list[tuple[bool, str]]:
        return [(row[place] is not None, str(row[place])) for place in exact]

    for row, wanted in zip(
        sorted(actual.rows, key=key), sorted(expected.rows, key=key), strict=False
    ):
        for column, cell, value in zip(expected.columns, row, wanted, strict=True):
            if not _equal(cell, value):
                yield f"{name} {wanted[:5]}: {column} is {cell!r}, expected {value!r}"


def _equal(cell: Any, value: Any) -> bool:
    if isinstance(cell, float) and isinstance(value, float):
        return math.isclose(cell, value, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    if isinstance(cell, Decimal) and isinstance(value, Decimal):
        return abs(cell - value) <= abs(value) * DIGITS_OF_AMOUNTS
    return type(cell) is type(value) and cell == value
