"""The dbt project as Python drives it: builds in this process, and reads of what they leave."""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import yaml

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

ROOT = Path(__file__).resolve().parents[1]
DATABASE = "warehouse.duckdb"
DATABASE_VARIABLE = "RETENTION_DUCKDB_PATH"
TYPED_IN_VARIABLE = "RETENTION_TYPED_IN"  # set by retention.py, which runs everything at the root
# A DuckDB file of this name would not be told from a schema, or from what DuckDB has by itself.
RESERVED_NAMES = {"temp", "system", "main", "memory", "information_schema", "pg_catalog"} | {
    f"retention{of}" for of in ("", "_staging", "_intermediate", "_demo", "_snapshots")
}
BUILD_FIRST = "run `python3 retention.py demo`, or `dbt build` with your own orders"
FAILURES = {"error", "fail", "runtime error", "partial success"}


def project_settings() -> dict[str, Any]:
    """Return the project's settings with their defaults, as dbt_project.yml has them."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the fast one where it is there
    text = (ROOT / "dbt_project.yml").read_text(encoding="utf-8")
    content = yaml.load(text, Loader=loader)  # noqa: S506 (a safe one)
    settings: dict[str, Any] = content["vars"]["retention"]
    return settings


class DbtFailedError(Exception):
    """A dbt command did not succeed; the message holds what dbt said of each failure."""


class NotReadableError(Exception):
    """The marts cannot be read; the message is one line that names the file and what to do."""


def typed_in() -> Path:
    """Return the folder where the command was typed, which paths given to it are relative to."""
    return Path(os.environ.get(TYPED_IN_VARIABLE) or Path.cwd())


@dataclass(frozen=True)
class Marts:
    """The public relations in the DuckDB file of a build, read without changing it."""

    database: Path

    def query(self, sql: str) -> pd.DataFrame:
        """Return what a query finds; relations of the public schema need no schema name.

        Money comes as `decimal.Decimal`, a date as `datetime64`.

        Raises:
            NotReadableError: as of `connection`, or a relation the query names is not there.
        """
        with self.connection() as connection:
            try:
                rows = connection.sql(sql).to_arrow_table()
            except duckdb.CatalogException as error:
                raise self._not_readable(f"{first_line(error)}; {BUILD_FIRST}") from error
        frame: pd.DataFrame = rows.to_pandas(date_as_object=False)
        return frame

    def frame(self, relation: str) -> pd.DataFrame:
        """Return all rows of a relation, sorted by its columns from left to right."""
        return self.query(f'from "{relation}" order by all')

    def relations(self) -> list[str]:
        """Return the names of the public relations, tables and views, in alphabetical order."""
        names = self.query(
            "select table_name from information_schema.tables where table_schema = 'retention'"
        )
        return sorted(names["table_name"])

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file read-only, with the public schema as the current one; close it at the end.

        Raises:
            NotReadableError: there is no such file, it holds no marts, it is no DuckDB file, or
                another program has it open for writing.
        """
        if not self.database.is_file():
            raise self._not_readable(f"nothing is built yet; {BUILD_FIRST}")
        try:
            connection = duckdb.connect(self.database, read_only=True)
        except duckdb.IOException as error:
            raise self._not_readable(lock_reason(str(error)) or first_line(error)) from error
        with connection:
            [(name,)] = connection.sql("select current_database()").fetchall()
            try:
                connection.execute(f'use "{name}".retention')
            except duckdb.CatalogException as error:
                raise self._not_readable(f"it holds no marts; {BUILD_FIRST}") from error
            yield connection

    def _not_readable(self, reason: str) -> NotReadableError:
        return NotReadableError(f"{self.database}: {reason}")


@dataclass(frozen=True)
class Project:
    """The dbt project with a database, a target and a log folder of its own.

    Builds that follow one another in the same place share what dbt has parsed; dbt itself parses
    anew where the variables or the files have changed.
    """

    database: Path
    target: Path
    logs: Path
    root: Path = ROOT

    @classmethod
    def in_place(cls) -> "Project":
        """Return the project as a bare `dbt build` at its root runs it."""
        database = ROOT / os.environ.get(DATABASE_VARIABLE, DATABASE)
        check_name(database)
        return cls(database, ROOT / "target", ROOT / "logs")

    @classmethod
    def in_folder(cls, folder: Path, root: Path = ROOT) -> "Project":
        """Return the project at `root` with its database and by-products in an existing folder."""
        return cls(folder / DATABASE, folder / "target", folder / "logs", root)

    @property
    def marts(self) -> Marts:
        """The relations that the last build left."""
        return Marts(self.database)

    def dbt(
        self,
        *arguments: str,
        variables: dict[str, object] | None = None,
        on_event: "Callable[[EventMsg], None] | None" = None,
        manifest: "Manifest | None" = None,
    ) -> Any:
        """Run a dbt command in this process, silently, and return dbt's result of it.

        Args:
            arguments: the command and its own options, such as `"build", "--select", "marts"`.
            variables: settings of the project, by name.
            on_event: called with every event of the run, also those that dbt does not print.
            manifest: what `parse` returned for the same files, which saves reading them again;
                models are then chosen as under the variables of that time.

        Raises:
            DbtFailedError: the command failed.
        """
        # dbt takes seconds to import, which commands that do without it should not wait for.
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415
        from dbt.cli.main import dbtRunner  # noqa: PLC0415

        refuse_templates(variables or {})
        options: dict[str, object] = {"project-dir": self.root, "profiles-dir": self.root}
        options |= {"target-path": self.target, "log-path": self.logs}
        if variables:
            options["vars"] = json.dumps(variables, default=str)
        command = ["--log-level", "none", *arguments]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        printed: list[str] = []

        def keep_printed(event: "EventMsg") -> None:
            if event.info.name == "JinjaLogInfo":  # which identities do not hold
                printed.append(event.info.msg)  # type: ignore[attr-defined]

        callbacks = [keep_printed, on_event] if on_event else [keep_printed]
        runner = dbtRunner(manifest, callbacks=callbacks)
        place = environment_variable(DATABASE_VARIABLE, str(self.database))
        with chdir(self.root), place, owner_only():
            try:
                outcome = runner.invoke(command)
            finally:
                # dbt-duckdb keeps the file open for the next command, which shuts out readers.
                DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        if not outcome.success:
            log = self.logs / "dbt.log"
            reasons = [*failures(outcome), *printed]
            raise DbtFailedError("\n".join(reasons) or f"dbt failed; see {log}")
        return outcome.result


def failures(outcome: "dbtRunnerResult") -> list[str]:
    """Return what dbt said of each failure of a command, one text each."""
    if outcome.exception:
        text = getattr(outcome.exception, "msg", str(outcome.exception)).strip()
        return [lock_reason(text) or text]
    return [
        f"{node_name(result)}: {(result.message or result.status).strip()}"
        for result in getattr(outcome.result, "results", [])
        if result.status in FAILURES
    ]


def lock_reason(message: str) -> str | None:
    """Return in one line who has a DuckDB file open, and the way out; None where that is no matter.

    DuckDB lets one process write to a file, or several read it, at a time.
    """
    if "Could not set lock on file" not in message:
        return None
    held = re.search(r"lock is held in (?P<program>.+?) \(PID (?P<process>\d+)\)", message)
    who = "another program"
    if held:
        who = f"{Path(held['program']).name} (process {held['process']})"
    return f"{who} has the file open; close it there or wait until it is done, then try again"


def node_name(result: Any) -> str:
    """Return the name of the node that dbt ran; some commands give its id only."""
    node = getattr(result, "node", None)
    return str(node.name if node else result.unique_id.split(".")[2])


def first_line(error: Exception) -> str:
    """Return the first line of an error's message."""
    return str(error).strip().splitlines()[0]


def check_name(database: Path) -> None:
    """Refuse a name of a DuckDB file that DuckDB or dbt takes for something else.

    Raises:
        NotReadableError: the name has a quote in it, or is that of a schema or a part of DuckDB.
    """
    for name in {database.stem, database.resolve().stem}:
        if any(sign in name for sign in "'\"`;\\") or not name.isprintable():
            reason = "has a quote or another character in its name that means something in SQL"
        elif name.lower() in RESERVED_NAMES:
            reason = (
                "has the name of a schema in it or of a part of DuckDB; names would be ambiguous"
            )
        else:
            continue
        raise NotReadableError(
            f"{DATABASE_VARIABLE}: {database.name} {reason}; rename the file, such as {DATABASE}"
        )


def refuse_templates(variables: object, name: str = "--vars") -> None:
    """Refuse settings with Jinja in them, at any depth: dbt would run it as code.

    Raises:
        DbtFailedError: a text has the sign of a template in it.
    """
    if isinstance(variables, dict):
        for key, value in variables.items():
            refuse_templates(key, name)
            refuse_templates(value, str(key))
    elif isinstance(variables, list | tuple | set):
        for value in variables:
            refuse_templates(value, name)
    elif isinstance(variables, str | Path) and re.search("[{][{%#]", str(variables)):
        raise DbtFailedError(
            f"{name}: has {{{{, {{% or {{# in it, which dbt takes for code;"
            " rename the file or the value"
        )


@contextmanager
def owner_only() -> Iterator[None]:
    """Let nobody but the owner read what is written for the time being: it holds personal data."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def environment_variable(name: str, value: str) -> Iterator[None]:
    """Set an environment variable for the time being."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
