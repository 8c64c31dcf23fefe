"""Publishing: the marts are built beside the published ones, tested, then take their place at once.

On DuckDB a publication is a folder of read-only files (`published_folder`). On a server it is the
schemas, which are built under other names (macros/publication).
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from filelock import FileLock, Timeout

from retention_cli.project import (
    DbtFailedError,
    Project,
    environment_variable,
    node_name,
    owner_only,
)
from retention_cli.published_folder import NotPublishedError, PublishedFolder

if TYPE_CHECKING:
    from dbt_common.events.base_types import EventMsg

SCHEMA_VARIABLE = "RETENTION_SCHEMA"
PUBLIC_SCHEMA = "retention"
SMALLER_INPUTS = "inputs_hold_no_less_than_at_the_last_build"
DIFFERS = "not as published: "  # how the macro begins a line of what differs
PREFIX_OF_BUILDING = "publishing_"


@dataclass(frozen=True)
class Publication:
    """A build that readers can see; relation `retention__publication` says the same.

    Attributes:
        build_id: dbt's id of the build.
        tests_passed, tests_warned: data tests and unit tests by outcome; none has failed.
        notes: what was found and done beside it, to be told.
    """

    build_id: str
    tests_passed: int
    tests_warned: int
    notes: tuple[str, ...] = ()


def publish(
    folder: Path,
    *options: str,
    variables: dict[str, object] | None = None,
    target: str | None = None,
    on_event: "Callable[[EventMsg], None] | None" = None,
) -> Publication:
    """Build and test the marts, and let them take the place of the published ones.

    Whoever reads meanwhile sees the last publication, also where this run fails or is killed. What
    a killed run leaves behind is cleared away by the next one.

    Args:
        folder: where the publication is, or, for a server, dbt's by-products; made where missing,
            and readable for whom its own permissions let in.
        options: further options of `dbt build`.
        variables: settings of the project, by name.
        target: of profiles.yml; its default where none is given.
        on_event: called with every event of the build.

    Raises:
        NotPublishedError: the build or one of its tests failed, or another run is publishing here.
    """
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    published = PublishedFolder(folder)
    published.check()
    with owner_only(), alone_in(folder):
        published.private.mkdir(exist_ok=True)
        return Run(published, options, variables or {}, target, on_event).publish()


def verify(folder: Path, target: str | None = None) -> list[str]:
    """Compare what readers see with the rows and checksums it was published with.

    Returns:
        What differs, a line each; nothing where all is as it was published.

    Raises:
        NotPublishedError: nothing is published here.
    """
    published = PublishedFolder(folder.absolute())
    if not target:
        return published.verify()
    folder.mkdir(parents=True, exist_ok=True)
    with owner_only():
        run = Run(published, (), {}, target, None)
        if run.engine() == "duckdb":
            return published.verify()
        said: list[str] = []
        run = Run(published, (), {}, target, lambda event: said.append(str(event.info.msg)))  # type: ignore[attr-defined]
        try:
            run.operate("verify_publication")
        except DbtFailedError as error:
            raise NotPublishedError(
                f"{target}: nothing is published there, or the server does not answer"
            ) from error
    return [text.removeprefix(DIFFERS) for text in said if text.startswith(DIFFERS)]


@dataclass(frozen=True)
class Run:
    """A run of `publish`: where it goes, and what it passes on to dbt."""

    published: PublishedFolder
    options: tuple[str, ...]
    variables: dict[str, object]
    target: str | None
    on_event: "Callable[[EventMsg], None] | None"

    @property
    def project(self) -> Project:
        """The project with a database and by-products that readers do not see."""
        private = self.published.private
        database = self.published.building / self.published.database.name
        return Project(database, private / "target", private / "logs")

    @property
    def target_option(self) -> tuple[str, ...]:
        """The option that names the target, where one is given."""
        return ("--target", self.target) if self.target else ()

    def engine(self) -> str:
        """Return what dbt calls the engine of the target."""
        manifest = self.project.dbt("parse", *self.target_option, variables=self.variables)
        return str(manifest.metadata.adapter_type)

    def operate(self, macro: str, **arguments: object) -> None:
        """Run a macro of the project."""
        given = ("--args", json.dumps(arguments))
        self.project.dbt(
            "run-operation",
            macro,
            *given,
            *self.target_option,
            on_event=self.on_event,
            variables=self.variables,
        )

    def build(self) -> Publication:
        """Build and test everything, and return what is known of the build."""
        try:
            results = self.project.dbt(
                "build",
                *self.options,
                *self.target_option,
                on_event=self.on_event,
                variables=self.variables,
            )
        except DbtFailedError as error:
            raise NotPublishedError(
                f"{error}\nNothing is published; what was before stays"
            ) from error
        self.require_no_smaller_inputs(results)
        run = json.loads((self.project.target / "run_results.json").read_text())
        tests = Counter(
            result.status
            for result in results
            if result.node.resource_type in {"test", "unit_test"}
        )
        return Publication(run["metadata"]["invocation_id"], tests["pass"], tests["warn"])

    def require_no_smaller_inputs(self, results: Iterable[Any]) -> None:
        """Stop where an input holds less than at the last publication: half an export looks whole.

        Raises:
            NotPublishedError: it does; the message says by how much, and how to accept it.
        """
        if not any(node_name(one) == SMALLER_INPUTS and one.status == "warn" for one in results):
            return
        query = ("--inline", "{{ retention.smaller_inputs() }}", "--limit", "-1")
        shown = self.project.dbt("show", *query, *self.target_option, variables=self.variables)
        rows = shown.results[0].agate_table.rows
        lines = [f"{name}: {what} were {before}, now {now}" for name, what, before, now in rows]
        raise NotPublishedError(
            "\n".join(lines)
            + "\nNothing is published, as the inputs hold less than before; if that is right,"
            " accept it once with --vars '{accept_smaller_inputs: true}'"
        )

    def publish(self) -> Publication:
        """Build, then let the build take the place of what is published."""
        if self.engine() == "duckdb":
            self.published.prepare()
            build = self.build()
            named = (build.build_id, build.tests_passed, build.tests_warned)
            notes = self.published.publish(*named)
            return Publication(*named, notes=tuple(notes))
        public = os.environ.get(SCHEMA_VARIABLE, PUBLIC_SCHEMA)
        building = environment_variable(SCHEMA_VARIABLE, PREFIX_OF_BUILDING + public)
        with alone_on_server(self.project.root, self.target, public), building:
            self.operate("prepare_publication")
            build = self.build()
            self.operate(
                "record_publication",
                build_id=build.build_id,
                tests_passed=build.tests_passed,
                tests_warned=build.tests_warned,
            )
            self.operate("swap_publication")
        return build


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other runs of `publish` out of a folder; the system lets go of it if this is killed.

    Raises:
        NotPublishedError: another run is publishing there; the message says which, since when.
    """
    note = folder / ".running"
    try:
        with FileLock(folder / ".lock", timeout=0):
            since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
            note.write_text(f"process {os.getpid()}, since {since}")
            yield
            note.unlink(missing_ok=True)
    except Timeout as error:
        who = note.read_text() if note.is_file() else "process unknown"
        raise NotPublishedError(
            f"{folder}: another run is publishing here ({who}); wait until it is done"
        ) from error


@contextmanager
def alone_on_server(root: Path, target: str | None, schema: str) -> Iterator[None]:
    """Keep other runs of `publish` from a schema of a PostgreSQL server, from whichever machine.

    The lock belongs to a connection of its own; the server lets go of it when that one is gone.

    Raises:
        NotPublishedError: another run is publishing there; the message says which, since when.
    """
    import psycopg2  # noqa: PLC0415 (comes with dbt-postgres only)
    from dbt.config.runtime import load_profile  # noqa: PLC0415 (takes long to import)

    # Its type is that of all adapters, which have no host.
    credentials: Any = load_profile(str(root), {}, target_override=target).credentials
    run_id = uuid4()
    connection = psycopg2.connect(
        host=credentials.host,
        port=credentials.port,
        user=credentials.user,
        password=credentials.password,
        dbname=credentials.database,
        sslmode=credentials.sslmode,
        application_name=f"retention publish {run_id}",
    )
    key = "hashtextextended('retention publish ' || %(schema)s, 0)"
    with closing(connection), connection.cursor() as cursor:
        connection.autocommit = True  # a transaction that stays open would keep old rows
        cursor.execute(f"select pg_try_advisory_lock({key})", {"schema": schema})
        if not cursor.fetchone()[0]:
            cursor.execute(
                f"""
                select application_name, to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
                from pg_locks join pg_stat_activity using (pid)
                where locktype = 'advisory' and granted
                    and (cast(classid as bigint) << 32 | cast(objid as bigint)) = {key}
                """,  # noqa: E501, S608
                {"schema": schema},
            )
            who, since = cursor.fetchone() or ("a run that has just ended", "now")
            raise NotPublishedError(
                f"{schema}: {who} has been publishing here since {since} UTC; wait until it is done"
            )
        yield
