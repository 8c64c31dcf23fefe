"""Spark as the tests drive it: a process of its own, and databases in it, one after the other."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from acceptance.support.engines import PUBLIC, Database
from retention_cli.project import ROOT, DbtFailedError
from retention_cli.spark import PYTHON, TARGET, ensure_environment, environment

READ_AS = {
    "date": date.fromisoformat,
    "decimal": Decimal,
    "timestamp": datetime.fromisoformat,
}


class SparkError(Exception):
    """Spark refused a statement; the message is what it said."""


class SparkWorker:
    """The process in which a session of Spark lives (`spark_worker.py`); ends with the block."""

    def __init__(self, folder: Path) -> None:
        """Start it; `folder` is where its tables and its log are."""
        ensure_environment()
        variables = environment() | {"RETENTION_SPARK_FOLDER": str(folder), "TZ": "UTC"}
        # So much SQL is run once only that Java's better compiler costs more than it saves. The
        # other one has a fifth of the room for its code, which is full after the first shop.
        variables["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
        with (folder / "worker.log").open("w") as log:
            self.process = subprocess.Popen(
                [PYTHON, Path(__file__).with_name("spark_worker.py")],
                cwd=ROOT,
                env=variables | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        options = ["--profiles-dir", str(ROOT), "--project-dir", str(ROOT), "--log-path"]
        self.dbt("debug", "--connection", *options, str(folder))

    def __enter__(self) -> "SparkWorker":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait()

    def dbt(self, *arguments: str) -> None:
        """Run a dbt command; raises `DbtFailedError`."""
        answer = self._answer(dbt=[*arguments, *TARGET])
        if "failures" in answer:
            raise DbtFailedError("\n".join(answer["failures"]))

    def sql(self, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the names of the columns that a statement gives, and its rows."""
        answer = self._answer(sql=statement)
        if "failures" in answer:
            raise SparkError("\n".join(answer["failures"]))
        readers = [READ_AS.get(type_name, lambda cell: cell) for _, type_name in answer["columns"]]
        rows = [
            tuple(
                None if cell is None else read(cell)
                for read, cell in zip(readers, row, strict=True)
            )
            for row in answer["rows"]
        ]
        return [name for name, _ in answer["columns"]], rows

    def _answer(self, **question: object) -> dict[str, Any]:
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SparkError(f"the process of Spark has ended with code {self.process.wait()}")
        return json.loads(line)


class SparkConnection:
    """A session as if it were a connection of a database, and its own cursor."""

    def __init__(self, worker: SparkWorker) -> None:
        self.worker = worker
        self.description: list[tuple[str]] = []
        self.rows: list[tuple[Any, ...]] = []

    def cursor(self) -> "SparkConnection":
        return self

    def execute(self, statement: str) -> None:
        names, self.rows = self.worker.sql(statement)
        self.description = [(name,) for name in names]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def commit(self) -> None:
        """Nothing: every statement is kept as it is run."""

    def rollback(self) -> None:
        """Take back what a shop has left, settings as well; Spark has no transactions."""
        self.execute("reset")
        self.clear("retention*")
        for name in self.names("show tables in raw"):
            self.execute(f"truncate table raw.{name}")

    def clear(self, pattern: str) -> None:
        """Drop all schemas of that name with all that is in them."""
        for name in self.names(f"show schemas like '{pattern}'"):
            self.execute(f"drop schema {name} cascade")

    def names(self, statement: str) -> list[str]:
        """Return what is listed, without its schema."""
        self.execute(statement)
        return [row[1] if len(row) > 1 else row[0] for row in self.rows]


class SparkDatabase(Database):
    """The catalogue of a session, emptied: there is one such database at a time."""

    target = "spark"
    planned_for_few_rows = (
        "set spark.sql.shuffle.partitions = 1",
        "set spark.sql.adaptive.enabled = false",
        "set spark.sql.codegen.wholeStage = false",
        "set spark.sql.codegen.factoryMode = NO_CODEGEN",
    )
    # Each test takes a second there: all data tests run once, unit tests on the other engines.
    first_build = ("build", "--exclude-resource-type", "unit_test")
    second_build = ("run",)

    def __init__(self, folder: Path, worker: SparkWorker) -> None:
        super().__init__(folder)
        self.worker = worker
        with self.connection() as connection:
            connection.clear("retention*|raw")

    def environment(self) -> dict[str, str]:
        return {}  # the process has its own

    def dbt(self, *arguments: str, **variables: object) -> None:
        project = self.project
        options = {"project-dir": ROOT, "profiles-dir": ROOT, "target-path": project.target}
        options |= {"log-path": project.logs, "vars": json.dumps(variables, default=str)}
        given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        self.worker.dbt("--log-level-file", "none", *arguments, *given)

    @contextmanager
    def connection(self) -> Iterator[SparkConnection]:
        yield SparkConnection(self.worker)

    def fill(self, connection, relation, frame):
        rows = json.dumps(frame.astype(object).where(frame.notna(), None).to_dict("records"))
        literal = rows.replace("\\", "\\\\").replace("'", "\\'")
        columns = ", ".join(f"`{column}`" for column in frame)
        fields = ", ".join(f"`{column}` string" for column in frame)
        parsed = f"from_json('{literal}', 'array<struct<{fields}>>')"
        connection.execute(f"insert into {relation} ({columns}) select inline({parsed})")

    def create_table(self, relation: str, columns: list[str]) -> str:
        definitions = ", ".join(f"`{column}` string" for column in columns)
        return f"create table {relation} ({definitions})"

    def relation_names(self, connection: SparkConnection) -> list[str]:
        return connection.names(f"show tables in {PUBLIC}")
